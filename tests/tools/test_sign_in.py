"""Signing in with a browser, and staying so for as long as identity says."""

import asyncio
import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import text

from shared.tools.sign_in.service import LONGEST_PATH, local_path
from tests.tools.house import MANAGER, House

pytestmark = pytest.mark.asyncio(loop_scope="session")

Form = dict[str, list[str]]


class Browser:
    """A browser with one cookie jar, and the account its user has at identity."""

    def __init__(self, house: House, sub: str, **claims: Any) -> None:
        self.house, self.sub, self.claims = house, sub, claims
        self.nonce = ""
        self.refreshes = 0
        self.delay = 0.0
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(house.app), base_url=house.composition.public_url
        )

    async def begin(self, **params: str) -> httpx.Response:
        answer = await self.client.get("/sign-in", params=params)
        assert answer.status_code == 303
        query = parse_qs(urlsplit(answer.headers["location"]).query)
        self.nonce, self.state = query["nonce"][0], query["state"][0]
        return answer

    async def complete(self, **params: str) -> httpx.Response:
        self.house.identity.answer = self.tokens
        query = {"code": "c", "state": self.state, "iss": "http://localhost:8000", **params}
        return await self.client.get("/sign-in/callback", params=query)

    async def sign_in(self, **params: str) -> httpx.Response:
        await self.begin(**params)
        answer = await self.complete()
        assert answer.status_code == 303, answer.text[:300]
        return answer

    def tokens(self, form: Form) -> tuple[int, Any]:
        if form["grant_type"] == ["refresh_token"]:
            self.refreshes += 1
            time.sleep(self.delay)
        access = self.house.token(self.sub, **self.claims)
        id_token = self.house.identity.sign(
            header={"typ": "JWT"}, sub=self.sub, aud=f"{self.house.name}-community", nonce=self.nonce
        )
        return 200, {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": 600,
            "refresh_token": f"r{self.refreshes}",
            "id_token": id_token,
        }

    async def is_in(self) -> bool:
        """Whether the own profile is shown rather than the sign-in page."""
        answer = await self.client.get("/me", follow_redirects=False)
        assert answer.status_code in (200, 401, 303), answer.text[:300]
        return answer.status_code == 200

    async def later(self, *, minutes: float, tokens_over: bool = False) -> None:
        """As if the session had not been used for so long."""
        back = timedelta(minutes=minutes)
        ends = "now() - interval '1 second'" if tokens_over else "now() + interval '4 minutes'"
        statement = text(
            "update web_sessions set refreshed_at = now() - cast(:back as interval), "
            f"tokens_expire_at = {ends} where person_id in (select id from people where sub = :sub)"
        )
        async with self.house.database.transaction() as session:
            await session.execute(statement, {"back": back, "sub": self.sub})

    async def sessions(self) -> int:
        counted = text(
            "select count(*) from web_sessions where person_id in (select id from people where sub = :sub)"
        )
        async with self.house.database.transaction() as session:
            return int((await session.execute(counted, {"sub": self.sub})).scalar_one())


@pytest.fixture
def open_browser(house: House) -> Callable[..., Browser]:
    def make(**claims: Any) -> Browser:
        house.identity.is_down = False
        return Browser(house, f"browser-{time.monotonic_ns()}", **claims)

    return make


async def test_signing_in_gives_a_session(open_browser: Callable[..., Browser]) -> None:
    browser = open_browser(name="Ada")
    assert not await browser.is_in()
    answer = await browser.sign_in(return_to="/me?x=1")
    assert answer.headers["location"] == "/me?x=1"
    cookie = answer.headers.get_list("set-cookie")[0]
    for part in ("HttpOnly", "SameSite=lax", "Path=/"):
        assert part in cookie
    assert await browser.is_in()
    assert "Ada" in (await browser.client.get("/me")).text


async def test_tokens_are_not_lying_about(house: House, open_browser: Callable[..., Browser]) -> None:
    browser = open_browser()
    await browser.sign_in()
    async with house.database.transaction() as session:
        row = (await session.execute(text("select id, tokens from web_sessions"))).all()
    cookie = browser.client.cookies[f"narrowbridge-{house.name}-{house.composition.port}"]
    assert all(cookie not in r.id and b"refresh_token" not in bytes(r.tokens) for r in row)


@pytest.mark.parametrize("wrong", [{"iss": "http://evil.example"}, {"code": ""}, {"error": "access_denied"}])
async def test_an_answer_to_another_question_is_refused(
    open_browser: Callable[..., Browser], wrong: dict[str, str]
) -> None:
    browser = open_browser()
    await browser.begin()
    answer = await browser.complete(**wrong)
    assert answer.status_code == 403
    assert not await browser.is_in()


async def test_the_answer_is_worth_nothing_in_another_browser(open_browser: Callable[..., Browser]) -> None:
    """That browser is asked anew, by a question of its own."""
    mine, other = open_browser(), open_browser()
    await mine.begin()
    for already_asking in (False, True):
        if already_asking:
            await other.begin()
        before = len(mine.house.identity.forms)
        other.state = mine.state
        answer = await other.complete()
        assert len(mine.house.identity.forms) == before, "the code is not used"
        assert asked(answer)["state"] != [mine.state]
        assert not await other.is_in()


def asked(answer: httpx.Response) -> Form:
    """The question that this answer sends the browser to identity with."""
    assert answer.status_code == 303, answer.text[:300]
    where = answer.headers["location"]
    assert where.startswith("http://localhost:8000/oauth/authorize?")
    return parse_qs(urlsplit(where).query)


async def test_a_link_of_a_mail_signs_in_in_another_browser_too(open_browser: Callable[..., Browser]) -> None:
    """The answer to a question that this browser never asked; identity knows the person here already."""
    first, other = open_browser(), open_browser()
    await first.begin(return_to="/me")
    other.state = first.state
    question = asked(await other.complete())
    other.state, other.nonce = question["state"][0], question["nonce"][0]
    answer = await other.complete()
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert await other.is_in()


async def test_what_took_too_long_is_begun_again_with_the_same_aim(
    house: House, open_browser: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, realm = open_browser(), house.composition.realm
    await browser.begin(return_to="/me?x=1", realm="staff")
    monkeypatch.setattr("shared.tools.sign_in.service.STATE_SECONDS", -1)
    question = asked(await browser.complete())
    monkeypatch.undo()
    assert question["realm"] == ["staff"], f"not {realm} because it is the default"
    browser.state, browser.nonce = question["state"][0], question["nonce"][0]
    assert (await browser.complete()).headers["location"] == "/me?x=1"


@pytest.mark.parametrize("keeps_cookies", [True, False])
async def test_signing_in_is_begun_again_once_only(
    open_browser: Callable[..., Browser], keeps_cookies: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = open_browser()
    browser.state = "of-another-browser"
    browser.state = asked(await browser.complete())["state"][0]
    if keeps_cookies:
        monkeypatch.setattr("shared.tools.sign_in.service.STATE_SECONDS", -1)
    else:
        browser.client.cookies.clear()
    answer = await browser.complete()
    assert answer.status_code == 403
    assert ("Allow cookies" in answer.text) is not keeps_cookies
    assert 'href="/sign-in"' in answer.text, "by hand one may try again"


BAD_TARGETS = [
    "https://evil.example", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
    "/\t/evil.example", "/\n/evil.example", "javascript:alert(1)", "evil.example", " //evil.example", "",
    "http:evil.example", "/%5c\\evil.example", "/x\r\nSet-Cookie: a=b", "/" + "x" * LONGEST_PATH, "/a\u2028b",
]  # fmt: skip


@pytest.mark.parametrize("target", BAD_TARGETS)
async def test_nobody_is_sent_elsewhere(open_browser: Callable[..., Browser], target: str) -> None:
    assert local_path(target) == "/"
    assert (await open_browser().sign_in(return_to=target)).headers["location"] == "/"


async def test_the_session_asks_identity_after_five_minutes_and_once(
    open_browser: Callable[..., Browser],
) -> None:
    browser = open_browser()
    await browser.sign_in()
    assert await browser.is_in()
    assert browser.refreshes == 0
    for tokens_over in (False, True):
        before = browser.refreshes
        await browser.later(minutes=6, tokens_over=tokens_over)
        found = await asyncio.gather(*(browser.is_in() for _ in range(8)))
        assert found == [True] * 8
        assert browser.refreshes == before + 1


async def test_the_session_dies_with_identitys(open_browser: Callable[..., Browser]) -> None:
    browser = open_browser()
    await browser.sign_in()
    browser.house.identity.answer = lambda form: (400, {"error": "invalid_grant"})
    assert await browser.is_in(), "until it is asked"
    await browser.later(minutes=6)
    assert not await browser.is_in()
    assert await browser.sessions() == 0


async def test_the_session_dies_with_identitys_after_a_long_time_too(
    open_browser: Callable[..., Browser],
) -> None:
    browser = open_browser()
    await browser.sign_in()
    browser.house.identity.answer = lambda form: (400, {"error": "invalid_grant"})
    await browser.later(minutes=600, tokens_over=True)
    assert not any(await asyncio.gather(*(browser.is_in() for _ in range(4))))
    assert await browser.sessions() == 0


@pytest.mark.parametrize("silence", ["down", "misconfigured", "broken"])
async def test_while_identity_is_silent_the_session_goes_on_until_its_token_ends(
    open_browser: Callable[..., Browser], silence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.tools.sign_in.authenticator.ASKING", timedelta(seconds=0.2))
    browser = open_browser()
    await browser.sign_in()
    identity = browser.house.identity
    identity.is_down = silence == "down"
    if silence == "misconfigured":
        identity.answer = lambda form: (401, {"error": "invalid_client"})
    if silence == "broken":
        identity.answer = lambda form: (200, json.loads('{"access_token": "x.y.z", "token_type": "Bearer"}'))
    await browser.later(minutes=6)
    assert [await browser.is_in() for _ in range(3)] == [True] * 3
    await browser.later(minutes=6, tokens_over=True)
    assert [await browser.is_in() for _ in range(2)] == [False] * 2
    identity.is_down, identity.answer = False, browser.tokens
    assert not await browser.is_in(), "identity is asked twice a minute"
    await browser.later(minutes=1, tokens_over=True)
    assert await browser.is_in(), "and the session is still there"


async def test_roles_and_names_follow_the_token(house: House, open_browser: Callable[..., Browser]) -> None:
    browser = open_browser(name="Ada", realm="staff", roles=[MANAGER])
    await browser.sign_in()
    place = "/me"
    assert "Ada" in (await browser.client.get(place)).text
    browser.claims = {"name": "Ada Lovelace", "realm": house.composition.realm, "roles": []}
    await browser.later(minutes=6)
    assert "Ada Lovelace" in (await browser.client.get(place)).text, "at once, not at the next request"
    async with house.database.transaction() as session:
        found = await session.execute(text("select roles from people where sub = :s"), {"s": browser.sub})
        assert found.scalar_one() == []


async def test_who_is_not_admitted_now_is_out(house: House, open_browser: Callable[..., Browser]) -> None:
    realm = house.composition.realm
    browser = open_browser(realm=realm)
    await browser.sign_in()
    browser.claims = {"realm": "customer" if realm == "staff" else "staff"}
    await browser.later(minutes=6)
    assert not await browser.is_in()
    assert await browser.sessions() == 0


async def test_a_refresh_for_somebody_else_ends_the_session(open_browser: Callable[..., Browser]) -> None:
    browser = open_browser()
    await browser.sign_in()
    browser.claims = {"sub": "somebody-else"}
    await browser.later(minutes=6)
    assert not await browser.is_in()
    assert await browser.sessions() == 0


async def test_signing_out_ends_it_everywhere(house: House, open_browser: Callable[..., Browser]) -> None:
    browser = open_browser()
    await browser.sign_in()
    forged = await browser.client.post("/sign-out", headers={"origin": "http://evil.example"})
    assert forged.status_code == 403
    assert await browser.is_in()
    answer = await browser.client.post("/sign-out", headers={"origin": house.composition.public_url})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("http://localhost:8000/oauth/end-session?")
    assert await browser.sessions() == 0
    assert not await browser.is_in()


@pytest.mark.parametrize("knows_identity", [True, False])
async def test_signing_out_while_identity_is_down_ends_it_here_and_says_so(
    house: House, open_browser: Callable[..., Browser], knows_identity: bool
) -> None:
    browser = open_browser()
    await browser.sign_in()
    endpoints = house.app.state.sign_in.accounts.relying_party._endpoints
    if not knows_identity:
        endpoints._document = None
    house.identity.is_down = True
    answer = await browser.client.post("/sign-out", headers={"origin": house.composition.public_url})
    assert answer.status_code == 200
    assert "could not be reached" in answer.text
    assert 'href="http://localhost:8000/sign-out"' in answer.text
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert await browser.sessions() == 0
    assert not await browser.is_in()
    again = await browser.client.post("/sign-out", headers={"origin": house.composition.public_url})
    assert again.status_code == 200, "nobody is sent where nobody answers"
    house.identity.is_down = False


# What a token must be, in the API.


async def test_a_customer_can_in_no_way_get_in(house: House) -> None:
    """Of the tokens that identity could ever sign for a customer, none opens the employees' community."""
    if house.name != "employee":
        pytest.skip("the employees' community alone")
    tries: list[dict[str, Any]] = [
        {"realm": "customer"},
        {"realm": "customer", "roles": [MANAGER, "admin", "customer_facing", "partner"]},
        {"realm": "customer", "scope": "community:read community:write openid"},
        {"realm": "CUSTOMER"},
        {"realm": "Staff"},
        {"realm": ""},
        {"realm": None},
        {"realm": ["staff"]},
        {"realm": None, "roles": [MANAGER], "sub": "a-client", "client_id": "a-client"},
        {"realm": "staff", "aud": "http://localhost:8002"},
        {"realm": "staff", "aud": ["http://localhost:8001", "http://localhost:8002"]},
        {"realm": "staff", "iss": "http://localhost:8002"},
        {"realm": "staff", "act": {"sub": "customer-community"}},
        {"realm": "staff", "exp": int(time.time()) - 1},
        {"realm": "staff", "iat": int(time.time()) + 60},
        {"realm": "staff", "header": {"typ": "JWT"}},
        {"realm": "staff", "header": {"kid": "unknown"}},
    ]
    for claims in tries:
        header = claims.pop("header", None)
        token = house.token("customer-person", **claims, **({"header": header} if header else {}))
        for path in ("/api/v1/me", "/api/v1/topics"):
            answer = await house.client.get(path, headers={"authorization": f"Bearer {token}"})
            assert answer.status_code == 401, claims
    browser = Browser(house, "customer-in-a-browser", realm="customer", roles=[MANAGER])
    await browser.begin()
    assert (await browser.complete()).status_code == 403
    assert not await browser.is_in()
    async with house.database.transaction() as session:
        found = await session.execute(text("select count(*) from people where realm <> 'staff'"))
        assert found.scalar_one() == 0, "nobody of the other realm was even noted"


async def test_staff_manage_the_customers_community_and_do_not_take_part(house: House) -> None:
    if house.name != "customer":
        pytest.skip("the customers' community alone")
    for roles, expected in (([], 401), (["customer_facing", "admin"], 401), ([MANAGER], 200)):
        token = house.token("staff-person", realm="staff", roles=roles)
        answer = await house.client.get("/api/v1/me", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == expected, roles


async def test_exchanged_and_machine_tokens_are_not_people(house: House) -> None:
    realm = house.composition.realm
    for claims in ({"act": {"sub": "employee-community"}}, {"realm": None, "client_id": "p", "sub": "p"}):
        token = house.token("p", **{"realm": realm, **claims})
        answer = await house.client.get("/api/v1/me", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 401, claims


async def test_no_token_from_between_gives_a_removed_role_back(house: House) -> None:
    """A role was granted and removed again; meanwhile a token was made with it, and is shown late."""
    realm, now = house.composition.realm, int(time.time())

    async def roles(since: int, *held: str) -> list[str]:
        token = house.token("on-and-off", realm=realm, roles=list(held), iat=now - since)
        answer = await house.client.get("/api/v1/me", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text
        told: list[str] = answer.json()["roles"]
        return told

    assert await roles(50) == []
    assert await roles(20) == [], "after the removal, the same as before"
    assert await roles(30, "partner") == []
    assert await roles(10, "partner") == ["partner"], "granted anew"


async def test_a_token_without_a_name_leaves_the_name(house: House) -> None:
    realm, now = house.composition.realm, int(time.time())

    async def name(since: int, **claims: Any) -> str:
        token = house.token("named-once", realm=realm, iat=now - since, **claims)
        answer = await house.client.get("/api/v1/me", headers={"authorization": f"Bearer {token}"})
        told: str = answer.json()["name"]
        return told

    assert await name(20, name="Ada") == "Ada"
    assert await name(10, name=None, roles=["partner"]) == "Ada"


async def test_name_and_roles_follow_the_bearer_token(house: House) -> None:
    async def me(**claims: Any) -> Any:
        token = house.token("follower", **claims)
        answer = await house.client.get("/api/v1/me", headers={"authorization": f"Bearer {token}"})
        return answer.json()["name"], answer.json()["roles"]

    realm = house.composition.realm
    assert await me(name="Ada", roles=["partner"], realm=realm) == ("Ada", ["partner"])
    assert await me(name="  Ada\u202e \x00L. ", roles=[], realm=realm) == ("Ada L.", [])
    assert await me(name="\u200b", roles=[], realm=realm) == ("Somebody", [])


async def test_somebody_shut_out_is_out_at_once(house: House, open_browser: Callable[..., Browser]) -> None:
    browser, member = open_browser(), await house.person()
    await browser.sign_in()
    async with house.database.transaction() as session:
        statement = text("update people set active = false where sub = :s or id = :id")
        await session.execute(statement, {"s": browser.sub, "id": member.id})
    assert not await browser.is_in()
    assert (await member.get("/me")).status_code == 401


async def test_an_older_token_gives_no_role_back(house: House) -> None:
    now = int(time.time())

    async def roles(given: list[str], issued: int) -> Any:
        token = house.token("demoted", realm=house.composition.realm, iat=issued, roles=given)
        answer = await house.client.get("/api/v1/me", headers={"authorization": f"Bearer {token}"})
        return answer.json()["roles"]

    assert await roles(["partner"], now - 60) == ["partner"]
    assert await roles([], now - 30) == []
    assert await roles(["partner"], now - 60) == []
    assert await roles(["partner"], now) == ["partner"]
