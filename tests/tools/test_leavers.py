"""What ended at identity ends here: sessions, bearer tokens, profiles (docs/security.md 22)."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from shared.kernel.clock import MemoryClock, SystemClock
from shared.oidc.names import EventKind
from shared.oidc.security_events import SecurityEvents
from shared.tools.sign_in import revocations
from shared.tools.sign_in.jobs import EventListening, silence
from tests.oidc.conftest import ISSUER
from tests.tools.house import INTERNAL, Caller, House
from tests.tools.test_sign_in import Browser

pytestmark = pytest.mark.asyncio(loop_scope="session")
ALL_SESSIONS = [EventKind.SESSION_REVOKED, EventKind.DISABLED, EventKind.PURGED]


class Listening:
    """The worker's job of one community, and the events it will hear."""

    def __init__(self, house: House, clock: MemoryClock | None = None) -> None:
        self.house, identity = house, house.identity
        self.events = SecurityEvents(
            issuer=ISSUER,
            internal_url=INTERNAL,
            client_id=f"{house.name}-community",
            client_secret="c" * 40,
            http=httpx.AsyncClient(transport=httpx.MockTransport(identity.handle)),
        )
        self.job = EventListening(house.database, clock or SystemClock(), self.events)
        identity.is_down = False
        identity.events.clear()

    async def hear(self, kind: EventKind, sub: str, **more: Any) -> str:
        jti = self.house.identity.announce(kind, sub, aud=f"{self.house.name}-community", **more)
        while await self.job.turn():
            pass
        return jti


@pytest.fixture
def listening(house: House) -> Listening:
    return Listening(house)


@pytest.fixture
def open_browser(house: House) -> Callable[..., Browser]:
    def make(sub: str, **claims: Any) -> Browser:
        house.identity.is_down = False
        return Browser(house, sub, **claims)

    return make


async def member(house: House, **claims: Any) -> tuple[str, Caller]:
    sub = f"leaver-{uuid4().hex}"
    caller = Caller("leaver", house.client, house.token(sub, **claims))
    assert (await caller.get("/me")).status_code == 200
    return sub, caller


async def status(caller: Caller) -> int:
    return (await caller.get("/me")).status_code


async def row(house: House, statement: str, **values: Any) -> Any:
    async with house.database.transaction() as session:
        return (await session.execute(text(statement), values)).mappings().one_or_none()


@pytest.mark.parametrize("kind", ALL_SESSIONS)
async def test_tokens_and_sessions_of_before_are_refused(
    house: House, listening: Listening, open_browser: Callable[..., Browser], kind: EventKind
) -> None:
    sub, caller = await member(house)
    browser = open_browser(sub)
    await browser.sign_in()
    assert await browser.is_in()
    await listening.hear(kind, sub)
    assert await status(caller) == 401
    assert not await browser.is_in()
    assert await browser.sessions() == 0


async def test_who_signed_in_since_stays(
    house: House, listening: Listening, open_browser: Callable[..., Browser]
) -> None:
    sub, before = await member(house, iat=int(time.time()) - 60)
    browser = open_browser(sub)
    await browser.sign_in()
    await listening.hear(EventKind.SESSION_REVOKED, sub, at=time.time() - 30)
    assert await status(before) == 401
    assert await status(Caller("since", house.client, house.token(sub))) == 200
    assert await browser.is_in()


async def test_one_session_that_ended_ends_alone(
    house: House, listening: Listening, open_browser: Callable[..., Browser]
) -> None:
    sub, other = await member(house, sid="other")
    ended = Caller("ended", house.client, house.token(sub, sid=f"{sub}-ended"))
    here, there = open_browser(sub, sid=f"{sub}-ended"), open_browser(sub, sid=f"{sub}-there")
    await here.sign_in()
    await there.sign_in()
    await listening.hear(EventKind.SESSION_REVOKED, sub, sid=f"{sub}-ended")
    assert (await status(ended), await status(other)) == (401, 200)
    assert (await here.is_in(), await there.is_in()) == (False, True)
    later = house.token(sub, sid=f"{sub}-ended", iat=int(time.time()) + 3)
    assert await status(Caller("later", house.client, later)) == 401


async def test_a_session_begun_while_its_end_was_on_the_way_is_no_session(
    house: House, listening: Listening, open_browser: Callable[..., Browser]
) -> None:
    """The code was exchanged before; the browser comes back after the event was heard."""
    sub, _ = await member(house)
    await listening.hear(EventKind.SESSION_REVOKED, sub)
    browser = open_browser(sub, iat=int(time.time()) - 60)
    await browser.begin()
    assert (await browser.complete()).status_code == 401
    assert not await browser.is_in()


async def test_whoever_is_disabled_is_out_until_enabled(house: House, listening: Listening) -> None:
    sub, _ = await member(house)
    await listening.hear(EventKind.DISABLED, sub, at=time.time() - 30)
    caller = Caller("after", house.client, house.token(sub))
    assert await status(caller) == 401
    await listening.hear(EventKind.ENABLED, sub, at=time.time() - 20)
    assert await status(caller) == 200


async def test_an_event_that_comes_again_changes_nothing(house: House, listening: Listening) -> None:
    sub, _ = await member(house)
    jti = await listening.hear(EventKind.DISABLED, sub, at=time.time() - 30)
    token = house.identity.announce(EventKind.DISABLED, sub, jti=jti, aud=f"{house.name}-community")
    again = house.identity.events.pop(token)
    await listening.hear(EventKind.ENABLED, sub, at=time.time() - 20)
    house.identity.events[jti] = again
    assert await listening.job.turn() == 1
    assert await status(Caller("after", house.client, house.token(sub))) == 200


async def test_new_name_and_roles_are_there_without_a_new_token(house: House, listening: Listening) -> None:
    sub, _ = await member(house, name="Ada", roles=["a"])
    claims = {"name": "Ada B.", "roles": ["c", "b"]}
    await listening.hear(EventKind.CLAIMS_CHANGED, sub, payload={"claims": claims})
    found = await row(house, "select name, roles from people where sub = :sub", sub=sub)
    assert (found["name"], found["roles"]) == ("Ada B.", ["b", "c"])


async def test_a_purged_person_leaves_what_they_wrote_and_no_name(house: House, listening: Listening) -> None:
    manager = await house.manager()
    space = await house.space(members="post")
    sub, caller = await member(house, name="Ada Lovelace")
    caller.id = (await caller.take("/me"))["id"]
    await caller.patch("/me", bio="I wrote the first program.")
    topic = await caller.post(
        "/topics", space=space, kind="discussion", title="Something to keep", body="Kept text", tags=[]
    )
    await listening.hear(EventKind.PURGED, sub)
    kept = await manager.take(f"/topics/{topic['id']}")
    assert (kept["title"], kept["author"]["name"]) == ("Something to keep", revocations.NOBODY)
    found = await row(house, "select * from people where id = :id", id=caller.id)
    assert (found["sub"], found["bio"], found["active"]) == (None, "", False)
    assert await status(caller) == 401
    assert await row(house, "select id from people where sub = :sub", sub=sub) is None, "not made again"


async def test_strangers_may_be_spoken_of(house: House, listening: Listening) -> None:
    for kind in EventKind:
        await listening.hear(kind, f"nobody-{uuid4().hex}", payload={"claims": {"name": "N"}})
    assert not house.identity.events


async def test_while_identity_is_silent_people_go_on_and_it_is_said(house: House) -> None:
    clock = MemoryClock(SystemClock().now())
    listening = Listening(house, clock)
    _, caller = await member(house)
    await listening.job.turn()
    house.identity.is_down = True
    with capture_logs() as logs:
        for _ in range(4):
            clock.advance(timedelta(seconds=25))
            assert await listening.job.turn() == 0
    assert [entry["event"] for entry in logs if "silent" in entry["event"]] == [
        "identity is silent: sessions and tokens go on until they end"
    ]
    assert await status(caller) == 200
    assert (await silence(house.database, clock))["identity_silent_seconds"] >= 60
    assert "identity_silent_seconds" in (await house.client.get("/metrics")).text
    house.identity.is_down = False
    with capture_logs() as logs:
        await listening.job.turn()
    assert "identity answers again" in [entry["event"] for entry in logs]


async def test_revocations_are_forgotten_when_no_token_can_be_left(house: House) -> None:
    sub = f"long-gone-{uuid4().hex}"
    listening = Listening(house)
    await listening.hear(EventKind.SESSION_REVOKED, sub, at=time.time() - 90_000)
    async with house.database.transaction() as session:
        await revocations.forget_old(session, SystemClock().now())
    assert await row(house, "select 1 from revocations where id = :sub", sub=sub) is None
