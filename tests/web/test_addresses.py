"""Where a request comes from is decided once: by the server, as `trusted_proxies` says."""

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from shared.web.commands import server_config
from shared.web.limits import address_of
from shared.web.settings import ServiceSettings

PROXIES = "10.1.0.0/16, 192.0.2.7"


async def told(proxies: str, peer: str, forwarded: str = "") -> str:
    """What a service that trusts `proxies` takes for the caller when `peer` connects."""
    app = FastAPI()

    @app.get("/")
    async def address(request: Request) -> PlainTextResponse:
        return PlainTextResponse(address_of(request.scope))

    config = server_config(lambda: app, ServiceSettings(trusted_proxies=proxies), host="127.0.0.1", port=1)
    config.load()
    transport = httpx.ASGITransport(config.loaded_app, client=(peer, 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as http:
        headers = {"x-forwarded-for": forwarded} if forwarded else {}
        return (await http.get("/", headers=headers)).text


@pytest.mark.parametrize("peer", ["10.1.2.3", "192.0.2.7"])
async def test_a_trusted_proxy_is_believed_also_when_a_network_is_named(peer: str) -> None:
    assert await told(PROXIES, peer, "203.0.113.9") == "203.0.113.9"
    assert await told(PROXIES, peer, "198.51.100.1, 203.0.113.9, 10.1.9.9") == "203.0.113.9"


async def test_nobody_else_is_believed() -> None:
    assert await told(PROXIES, "203.0.113.9", "198.51.100.1") == "203.0.113.9"
    assert await told("", "127.0.0.1", "198.51.100.1") == "127.0.0.1"


@pytest.mark.parametrize(
    ("peer", "counted"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
    ],
)
async def test_a_network_of_ipv6_is_one_caller_and_one_over_ipv4_is_its_own(peer: str, counted: str) -> None:
    assert await told("", peer) == counted
