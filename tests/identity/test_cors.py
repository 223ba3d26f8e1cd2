"""What pages of registered origins may read of identity, and who is told which origins these are."""

import httpx
import pytest
from typer.testing import CliRunner

from identity_service.__main__ import app as command
from identity_service.clients import service as clients
from identity_service.clients.service import Registration
from identity_service.visit import Caller
from shared.web.cors import Origins
from tests.identity.conftest import settings_for
from tests.identity.driver import (
    BRIDGE,
    CRM_AUTH,
    CUSTOMER,
    CUSTOMER_AUTH,
    EMPLOYEE,
    EMPLOYEE_AUTH,
    House,
    basic,
)

PAGE, CRM_PAGE, STAFF_PAGE = "https://app.example.com", "https://crm.example.com", "https://staff.example.com"
ASKED = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}


@pytest.fixture
async def known(house: House) -> Origins:
    """Three pages, each on a client that may ask for tokens of another audience."""
    wanted = [
        Registration(id="web", name="Web", grant_types=[], audiences=[CUSTOMER], origins=[PAGE]),
        Registration(
            id="crm-web", name="CRM", grant_types=[], machine_audiences=[BRIDGE], origins=[CRM_PAGE]
        ),
        Registration(
            id="inside", name="Inside", grant_types=[], audiences=[EMPLOYEE, CUSTOMER], origins=[STAFF_PAGE]
        ),
    ]
    async with Caller(services=house.services, now=house.clock.now(), address="console").begin() as visit:
        for registration in wanted:
            await clients.register(visit.session, registration, visit.now)
    origins: Origins = house.app.state.cors.origins
    await origins.refresh()
    return origins


READABLE = [
    "/.well-known/openid-configuration",
    "/.well-known/jwks.json",
    "/oauth/token",
    "/oauth/revoke",
    "/oauth/userinfo",
]


@pytest.mark.parametrize("path", READABLE)
async def test_pages_of_registered_origins_may_read_it(
    raw: httpx.AsyncClient, known: Origins, path: str
) -> None:
    for origin in (PAGE, CRM_PAGE, STAFF_PAGE):
        asked = await raw.options(path, headers=ASKED | {"origin": origin})
        assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, origin)
        assert asked.headers["access-control-allow-methods"] == "GET, POST"
    read = await raw.request("POST" if path in READABLE[2:4] else "GET", path, headers={"origin": PAGE})
    assert read.headers["access-control-allow-origin"] == PAGE
    assert "WWW-Authenticate" in read.headers["access-control-expose-headers"]
    assert "Origin" in read.headers["vary"]
    assert "access-control-allow-credentials" not in read.headers
    other = await raw.options(path, headers=ASKED | {"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in other.headers


@pytest.mark.parametrize(
    "path", ["/oauth/authorize", "/sign-in", "/", "/oauth/end-session", "/oauth/origins"]
)
async def test_what_a_person_sees_is_never_readable(
    raw: httpx.AsyncClient, known: Origins, path: str
) -> None:
    for answer in (
        await raw.options(path, headers=ASKED | {"origin": PAGE}),
        await raw.get(path, headers={"origin": PAGE}),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control")]


async def asked(raw: httpx.AsyncClient, audience: str, auth: dict[str, str] | None = None) -> httpx.Response:
    return await raw.get("/oauth/origins", params={"audience": audience}, headers=auth or {})


async def test_a_community_is_told_the_pages_of_its_own_audience(
    raw: httpx.AsyncClient, known: Origins
) -> None:
    inside, outside = await asked(raw, EMPLOYEE, EMPLOYEE_AUTH), await asked(raw, CUSTOMER, CUSTOMER_AUTH)
    assert inside.json() == {"origins": [STAFF_PAGE]}
    assert outside.json() == {"origins": [PAGE, STAFF_PAGE]}
    assert "no-store" in inside.headers["cache-control"]


async def test_nobody_else_is_told_them(raw: httpx.AsyncClient, known: Origins) -> None:
    for audience, auth in [
        (EMPLOYEE, None),
        (EMPLOYEE, CUSTOMER_AUTH),
        (CUSTOMER, EMPLOYEE_AUTH),
        (EMPLOYEE, CRM_AUTH),
        (EMPLOYEE, basic("employee-community", "wrong")),
        (EMPLOYEE, basic("narrowbridge-cli", "")),
        (EMPLOYEE, {"authorization": "Basic %%%"}),
        ("https://elsewhere.example", EMPLOYEE_AUTH),
    ]:
        answer = await asked(raw, audience, auth)
        assert answer.status_code == 401, (audience, auth)
        assert "example" not in answer.text
    assert (await raw.get("/oauth/origins")).status_code == 422


async def test_those_of_the_bridge_are_public(raw: httpx.AsyncClient, known: Origins) -> None:
    answer = await asked(raw, BRIDGE)
    assert answer.json() == {"origins": [CRM_PAGE]}
    assert answer.headers["cache-control"] == "public, max-age=60"


async def test_a_start_keeps_what_an_operator_registered(house: House, raw: httpx.AsyncClient) -> None:
    services, now = house.services, house.clock.now()
    async with Caller(services=services, now=now, address="console").begin() as visit:
        await clients.set_origins(visit.session, "narrowbridge-cli", ["http://localhost:3000"], now)
        await clients.register_own(visit.session, services.settings, now)
    assert (await asked(raw, EMPLOYEE, EMPLOYEE_AUTH)).json() == {"origins": ["http://localhost:3000"]}


def test_the_command_registers_and_says_what_is_wrong(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_for(house.urls.app)
    monkeypatch.setattr("identity_service.__main__.settings_or_exit", lambda _: settings)
    run = CliRunner().invoke
    assert run(command, ["origins", "narrowbridge-cli", PAGE]).exit_code == 0
    refused = run(command, ["origins", "narrowbridge-cli", "https://app.example.com/path"])
    assert refused.exit_code == 2
    assert "https://app.example.com/path" in refused.output
    assert run(command, ["origins", "nobody", PAGE]).exit_code == 2
