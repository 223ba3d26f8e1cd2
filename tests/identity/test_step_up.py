"""Asking for more proof: acr, amr, auth_time, step-up (docs/security.md 20, 32; RFC 9470)."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from shared.kernel.errors import MoreProofNeeded
from shared.oidc import Claims
from shared.oidc.names import Acr
from shared.web.problems import challenge
from shared.web.step_up import require_proof
from tests.identity.driver import Browser, House, authorize_url, callback, pending_of
from tests.identity.holders import Holder, is_in, second, secret_in, with_app

MAJA = "maja@inside.example"
TWO = "urn:narrowbridge:acr:2"
ESSENTIAL = json.dumps({"id_token": {"acr": {"essential": True, "values": [TWO]}}})


async def signed_in_once(house: House) -> tuple[Browser, Holder]:
    """Maja, who has an app, in a browser that is remembered: at level 1."""
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    holder = await with_app(house, browser)
    await browser.post("/sign-out", {"realm": "staff"})
    await browser.sign_in(MAJA, realm="staff")
    await second(browser, holder.code(), remember="yes")
    await browser.post("/sign-out", {"realm": "staff"})
    house.clock.advance(timedelta(minutes=1))
    assert is_in(await browser.sign_in(MAJA, realm="staff"))
    return browser, holder


async def follow(browser: Browser, answer: httpx.Response) -> httpx.Response:
    while answer.status_code == 303 and answer.headers["location"].startswith("/"):
        answer = await browser.get(answer.headers["location"])
    return answer


@pytest.mark.parametrize("asked", [{"acr_values": TWO}, {"claims": ESSENTIAL}])
async def test_32_a_client_asks_for_two_factors(house: House, asked: dict[str, str]) -> None:
    browser, holder = await signed_in_once(house)
    proved_at = house.clock.now()
    before = dict(browser.http.cookies)
    house.clock.advance(timedelta(minutes=1))
    shown = await follow(browser, await browser.get(authorize_url(**asked)))
    assert "One more step" in shown.text
    done = await second(browser, holder.code())
    assert "code" in callback(done)
    [session] = await house.fetch("select amr, auth_time from sessions where ended_at is null")
    assert session["amr"] == ["mfa", "otp", "pwd"]
    assert session["auth_time"] == proved_at, "a second factor alone is no new proof of both"
    assert dict(browser.http.cookies) != before, "20: a new secret"
    assert "code" in callback(await browser.get(authorize_url(**asked))), "and once is enough"


async def test_a_wish_is_not_pressed_on_who_has_one_factor(house: House) -> None:
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    assert "code" in callback(await browser.get(authorize_url(acr_values=f"{TWO} urn:narrowbridge:acr:1")))


async def test_what_is_essential_is_set_up_on_the_way(house: House) -> None:
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    shown = await follow(browser, await browser.get(authorize_url(claims=ESSENTIAL)))
    holder = Holder(house, secret_in(shown))
    await browser.post("/sign-in/enrol", {"realm": "staff", "code": holder.code()})
    assert "code" in callback(await browser.post("/sign-in/enrol/done", {"realm": "staff"}))


async def test_a_clients_default_has_to_be_reached(house: House) -> None:
    await house.execute("update clients set default_acr_values = $1 where id = 'employee-community'", [TWO])
    browser, holder = await signed_in_once(house)
    shown = await follow(browser, await browser.get(authorize_url()))
    assert "One more step" in shown.text
    assert "code" in callback(await second(browser, holder.code()))


@pytest.mark.parametrize(
    ("asked", "error"),
    [({"acr_values": TWO}, None), ({"claims": ESSENTIAL}, "login_required")],
)
async def test_nobody_is_asked_with_prompt_none(
    house: House, asked: dict[str, str], error: str | None
) -> None:
    browser, _ = await signed_in_once(house)
    answer = callback(await browser.get(authorize_url(prompt="none", **asked)))
    assert answer.get("error") == error


async def test_an_essential_level_that_is_unknown_is_refused(house: House) -> None:
    claims = json.dumps({"id_token": {"acr": {"essential": True, "value": "urn:elsewhere:gold"}}})
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    answer = callback(await browser.get(authorize_url(claims=claims)))
    assert answer["error"] == "unmet_authentication_requirements"
    assert "code" in callback(await browser.get(authorize_url(acr_values="urn:elsewhere:gold")))


@pytest.mark.parametrize("follows", ["&next=/account/password", ""])
async def test_24_an_old_session_sets_up_no_first_factor(house: House, follows: str) -> None:
    """Who stole a session would prove themselves with an app of their own."""
    thief = house.browser()
    await thief.sign_in(MAJA, realm="staff")
    house.clock.advance(timedelta(minutes=10, seconds=1))
    sent = await thief.get(f"/sign-in/step-up?realm=staff{follows}")
    assert sent.headers["location"].startswith("/sign-in?realm=staff&")
    assert "prove=again" in sent.headers["location"]
    enrol = await thief.get("/sign-in/enrol?realm=staff")
    assert enrol.headers["location"].startswith("/sign-in?")
    changed = await thief.post("/account/password", {"password": "the sentence of a thief"})
    assert changed.headers["location"].startswith("/sign-in?")


async def test_24_an_old_session_sets_up_no_first_factor_for_a_client(house: House) -> None:
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    house.clock.advance(timedelta(minutes=10, seconds=1))
    asked = await browser.get(authorize_url(claims=ESSENTIAL))
    sent = await browser.get(asked.headers["location"])
    assert sent.headers["location"].startswith("/sign-in?")
    half = await browser.sign_in(MAJA, realm="", pending=pending_of(sent))
    shown = await follow(browser, half)
    holder = Holder(house, secret_in(shown))
    await browser.post("/sign-in/enrol", {"realm": "staff", "code": holder.code()})
    assert "code" in callback(await browser.post("/sign-in/enrol/done", {"realm": "staff"}))
    [session] = await house.fetch("select auth_time from sessions where ended_at is null")
    assert session["auth_time"] == house.clock.now().replace(microsecond=0), "proved now, with the password"


async def test_24_a_step_up_that_began_with_a_factor_sets_up_no_other_when_that_is_gone(house: House) -> None:
    """The proof behind it may be old: who stole the session would wait for that."""
    owner, holder = await signed_in_once(house)
    thief = house.browser()
    thief.http.cookies.update(owner.http.cookies)
    house.clock.advance(timedelta(minutes=10, seconds=1))
    step_up = await thief.get("/sign-in/step-up?realm=staff")
    assert step_up.headers["location"] == "/sign-in/second?realm=staff"
    await owner.sign_in(MAJA, realm="staff")
    await second(owner, holder.code())
    assert (await owner.post("/account/factors/app/remove", {})).status_code == 303
    sent = await thief.get("/sign-in/enrol?realm=staff")
    assert sent.headers["location"] == "/sign-in?realm=staff&late=1"
    set_up = await thief.post("/sign-in/enrol", {"realm": "staff", "code": "000000"})
    assert set_up.headers["location"] == "/sign-in?realm=staff&late=1"
    asked = await thief.post("/sign-in/enrol/options", {"realm": "staff"})
    assert asked.status_code == 404


async def test_24_an_old_session_and_a_second_factor_open_no_page_that_wants_a_fresh_proof(
    house: House,
) -> None:
    browser, holder = await signed_in_once(house)
    house.clock.advance(timedelta(minutes=9))
    await browser.get("/sign-in/step-up?realm=staff&next=/account/password")
    assert (await second(browser, holder.code())).headers["location"] == "/account/password"
    assert (await browser.get("/account/password")).status_code == 200
    house.clock.advance(timedelta(minutes=1, seconds=1))
    stale = await browser.get("/account/password")
    assert stale.headers["location"].startswith("/sign-in?"), "the second factor made nothing younger"
    sent = await browser.get("/sign-in/step-up?realm=staff&next=/account/password")
    assert "prove=again" in sent.headers["location"]


async def test_the_address_of_the_step_up_leads_to_no_other_place(house: House) -> None:
    browser, holder = await signed_in_once(house)
    await browser.get("/sign-in/step-up?realm=staff&next=https://evil.example/")
    assert (await second(browser, holder.code())).headers["location"] == "/account?realm=staff"


async def test_discovery_names_the_levels(raw: httpx.AsyncClient) -> None:
    document = (await raw.get("/.well-known/openid-configuration")).json()
    assert document["acr_values_supported"] == ["urn:narrowbridge:acr:1", TWO]


def claims(**changes: Any) -> Claims:
    now = int(datetime.now(UTC).timestamp())
    return Claims(sub="s", client_id="c", aud="a", exp=now + 60, iat=now, jti="j", **changes)


def test_32_an_api_asks_for_more() -> None:
    """RFC 9470 section 3."""
    now = datetime.now(UTC)
    fresh = claims(acr=TWO, auth_time=int(now.timestamp()) - 10)
    require_proof(fresh, now=now, level=Acr.TWO, max_age=60)
    require_proof(claims(), now=now)
    for weak in (
        claims(acr=Acr.ONE.value, auth_time=fresh.auth_time),
        claims(acr="urn:other"),
        claims(acr=TWO),
    ):
        with pytest.raises(MoreProofNeeded) as refused:
            require_proof(weak, now=now, level=Acr.TWO, max_age=60)
        header = challenge(refused.value, "Bearer token")
        assert header.startswith('Bearer error="insufficient_user_authentication"')
        assert f'acr_values="{TWO}"' in header
        assert 'max_age="60"' in header
