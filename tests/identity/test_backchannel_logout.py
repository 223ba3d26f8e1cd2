"""Back-channel logout beyond the modules of the conformance suite (docs/security.md 22)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import parse_qs

import pytest

from identity_service.backchannel import service
from identity_service.clients import service as clients
from identity_service.clients.service import Registration
from identity_service.outgoing import Outgoing
from identity_service.sealing import hashed
from shared.oidc import InvalidToken, RelyingParty
from shared.oidc.keys import RemoteKeys, verified_payload
from shared.oidc.names import GrantType
from tests.identity.driver import CUSTOMER, EMPLOYEE, ISSUER, Browser, House, signed_in
from tests.identity.test_security_events import Act, act, deactivate, purge

ANA, MAJA = "ana@outside.example", "maja@inside.example"
APP = "https://app.example"


class Application:
    """Another company's application, and the address where it wants to be told."""

    def __init__(self) -> None:
        self.status = 200
        self.told: list[str] = []
        self.heard = asyncio.Semaphore(0)
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/logged-out"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        assert "content-type: application/x-www-form-urlencoded" in head
        length = int(head.split("content-length: ")[1].split("\r\n")[0])
        self.told += parse_qs((await reader.readexactly(length)).decode())["logout_token"]
        self.heard.release()
        writer.write(f"HTTP/1.1 {self.status} x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        writer.close()


@pytest.fixture
async def application(house: House) -> AsyncIterator[Application]:
    made = Application()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    await house.services.outgoing.close()
    house.services.outgoing = Outgoing(frozenset({f"localhost:{made.port}"}))
    async with house.services.database.transaction() as session:
        await clients.register(session, registration(made.url), house.clock.now())
    yield made
    server.close()


def registration(url: str | None, name: str = "app", alg: str = "ES256") -> Registration:
    return Registration(
        id=name,
        name=name,
        secret_hash=hashed("a" * 43),
        grant_types=[GrantType.CODE, GrantType.REFRESH],
        scopes=["openid", "profile"],
        audiences=[f"{ISSUER}/oauth/userinfo"],
        realms=["staff"],
        redirect_uris=[f"{APP}/back"],
        post_logout_redirect_uris=[f"{APP}/bye"],
        backchannel_logout_uri=url,
        backchannel_logout_session_required=True,
        id_token_alg=alg,
    )


def party(house: House, name: str = "app") -> RelyingParty:
    return house.party(name, "a" * 43, APP, house.http(), path="/back")


async def enter(house: House, browser: Browser, name: str = "app") -> tuple[RelyingParty, str, str]:
    """Sign in at the application. Returns it with the id_token and the session's `sid`."""
    app = party(house, name)
    request = await app.begin(scope="openid profile", realm="staff")
    tokens = await app.complete(await browser.authorize(request, MAJA), request)
    assert tokens.id_token
    return app, tokens.id_token, tokens.id_claims["sid"]


async def claims_of(house: House, token: str) -> dict[str, object]:
    keys = RemoteKeys(f"{ISSUER}/.well-known/jwks.json", house.http())
    return await verified_payload(token, keys, types=frozenset({"logout+jwt"}))


async def test_9_a_logout_token_is_no_access_token(house: House, application: Application) -> None:
    await enter(house, house.browser())
    await act(house, MAJA, deactivate)
    await service.deliver(house.services)
    with pytest.raises(InvalidToken):
        await house.verifier(EMPLOYEE).verify(application.told[0])
    async with house.http() as http:
        headers = {"Authorization": f"Bearer {application.told[0]}"}
        assert (await http.get("/oauth/userinfo", headers=headers)).status_code == 401


@pytest.mark.parametrize("what", [deactivate, purge])
async def test_22_a_leaver_is_told_for_each_session(
    house: House, application: Application, what: Act
) -> None:
    sids = {(await enter(house, house.browser()))[2] for _ in range(2)}
    await act(house, MAJA, what)
    await service.deliver(house.services)
    assert {(await claims_of(house, token))["sid"] for token in application.told} == sids


async def test_only_applications_that_were_used_are_told(house: House, application: Application) -> None:
    async with house.services.database.transaction() as session:
        other = registration(f"{application.url}-of-another", name="other")
        await clients.register(session, other, house.clock.now())
    employee = house.party("employee-community", "e" * 43, EMPLOYEE, house.http())
    browser = house.browser()
    await signed_in(house, employee, MAJA, realm="staff", resource=EMPLOYEE, browser=browser)
    customer = house.party("customer-community", "c" * 43, CUSTOMER, house.http())
    await signed_in(house, customer, ANA, realm="customer", resource=CUSTOMER)
    await act(house, MAJA, deactivate)
    await act(house, ANA, deactivate)
    assert await service.deliver(house.services) == 0


async def test_an_application_that_is_away_is_told_later_and_given_up_in_the_end(
    house: House, application: Application
) -> None:
    await enter(house, house.browser())
    await act(house, MAJA, deactivate)
    application.status = 503
    assert await service.deliver(house.services) == 1
    assert await service.deliver(house.services) == 0, "not at once"
    house.clock.advance(timedelta(seconds=5))
    application.status = 204
    assert await service.deliver(house.services) == 1
    assert await house.fetch("select 1 from logout_notices") == []


async def test_an_application_that_never_answers_is_given_up(house: House, application: Application) -> None:
    await enter(house, house.browser())
    await act(house, MAJA, deactivate)
    application.status = 500
    attempts = 0
    while await house.fetch("select 1 from logout_notices"):
        attempts += await service.deliver(house.services)
        house.clock.advance(timedelta(hours=6))
        assert attempts < 20
    assert attempts == len(service.AGAIN_AFTER) + 1
    rows = await house.fetch("select * from audit_rows where event = 'session.client_not_told'")
    assert [row["client_id"] for row in rows] == ["app"]


async def test_a_notice_that_is_being_delivered_is_left_alone_by_others(
    house: House, application: Application
) -> None:
    await enter(house, house.browser())
    await act(house, MAJA, deactivate)
    await asyncio.gather(*(service.deliver(house.services) for _ in range(4)))
    assert len(application.told) == 1


async def test_an_application_that_is_slow_delays_no_other(house: House, application: Application) -> None:
    released, asked = asyncio.Event(), asyncio.Event()

    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await released.wait()
        writer.close()

    server = await asyncio.start_server(stall, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await house.services.outgoing.close()
    house.services.outgoing = Outgoing(frozenset({f"localhost:{application.port}", f"localhost:{port}"}))
    async with house.services.database.transaction() as session:
        slow = registration(f"http://localhost:{port}/bye", "slow")
        await clients.register(session, slow, house.clock.now())
    for _ in range(3):
        browser = house.browser()
        await enter(house, browser, "slow")
        await enter(house, browser)
    await act(house, MAJA, deactivate)
    delivery = asyncio.create_task(service.deliver(house.services))
    await asked.wait()
    for _ in range(3):
        await application.heard.acquire()
    released.set()
    assert await delivery == 4, "the slow one's other notices wait for the next round"
    server.close()


async def test_35_private_addresses_are_not_called(house: House, application: Application) -> None:
    house.services.outgoing = Outgoing(frozenset())
    await enter(house, house.browser())
    await act(house, MAJA, deactivate)
    assert await service.deliver(house.services) == 1
    assert application.told == []
