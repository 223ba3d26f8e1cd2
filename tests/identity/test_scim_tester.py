"""`scim2-tester` against the running service: no error."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import uvicorn
from scim2_client import BaseSyncSCIMClient
from scim2_tester import Status, check_server

from identity_service.scim import tokens
from identity_service.visit import Caller
from tests.identity.driver import House

pytestmark = pytest.mark.slow


async def provisioning_token(house: House, name: str = "entra") -> str:
    caller = Caller(services=house.services, now=house.clock.now(), address="console")
    async with caller.begin() as visit:
        return await tokens.make(visit, name)


class Client(BaseSyncSCIMClient):
    """The tester's client, over httpx."""

    def __init__(self, http: httpx.Client) -> None:
        super().__init__()
        self.http = http

    def _stays_under_base_url(self, endpoint: str) -> bool:
        return True

    def _parse_json(self, response: Any) -> Any:
        return response.json()

    def request(self, method: str, url: str, **kwargs: Any) -> Any:
        return self.http.request(method, url, **kwargs)


class _Server(uvicorn.Server):
    """Beside other things in one process, so it leaves signals alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@pytest.fixture
async def served(house: House) -> AsyncIterator[str]:
    """The address of the running app, over HTTP."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = _Server(uvicorn.Config(house.app, lifespan="off", log_level="error"))
        running = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:  # noqa: ASYNC110 # uvicorn tells it in no other way
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await running


async def test_scim2_tester_finds_no_error(house: House, served: str) -> None:
    token = await provisioning_token(house)
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"{served}/scim/v2", headers=headers, timeout=30) as http:
        results = await asyncio.to_thread(check_server, Client(http))
    bad = [
        f"{result.status.name} {result.title} {result.resource_type}: {result.reason}"
        for result in results
        if result.status in (Status.ERROR, Status.CRITICAL, Status.DEVIATION)
    ]
    assert not bad, "\n".join(bad)
    done = [result.title for result in results if result.status is Status.SUCCESS]
    assert len(done) > 80
