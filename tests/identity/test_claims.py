"""What is told about people, and hints about who is wanted (OpenID Connect Core 3.1.2.1, 5.4, 5.5)."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.oidc import RelyingParty
from tests.identity.driver import Browser, House, authorize_url, callback, pending_of

MAJA = "maja@inside.example"


async def signed_in(house: House) -> Browser:
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    return browser


async def told(
    house: House,
    employee: RelyingParty,
    raw: httpx.AsyncClient,
    claims: dict[str, Any],
    scope: str = "openid",
) -> tuple[dict[str, Any], dict[str, Any]]:
    """UserInfo and the id_token's claims for a request with the parameter `claims`."""
    request = await employee.begin(scope=scope, extra={"claims": json.dumps(claims)})
    answer = await (await signed_in(house)).authorize(request)
    tokens = await employee.complete(answer, request)
    bearer = {"Authorization": f"Bearer {tokens.access_token}"}
    return (await raw.get("/oauth/userinfo", headers=bearer)).json(), dict(tokens.id_claims)


async def test_claims_are_told_where_they_are_asked_for(
    house: House, employee: RelyingParty, raw: httpx.AsyncClient
) -> None:
    wanted = {
        "userinfo": {"name": {"essential": True}, "nickname": None, "birthdate": {"essential": True}},
        "id_token": {"email": None, "acr": {"values": ["x"]}, "auth_time": {"essential": True}},
    }
    user_info, id_claims = await told(house, employee, raw, wanted)
    assert user_info == {"sub": house.subs[MAJA], "name": "Maja"}
    assert id_claims["email"] == MAJA
    assert "name" not in id_claims
    assert "auth_time" in id_claims


async def test_a_claim_needs_the_scope_that_the_client_may_ask_for(
    house: House, employee: RelyingParty, raw: httpx.AsyncClient
) -> None:
    await house.execute("update clients set scopes = '{openid,profile}' where id = 'employee-community'")
    wanted = {"userinfo": {"email": {"essential": True}, "name": None}, "id_token": {"email": None}}
    user_info, id_claims = await told(house, employee, raw, wanted)
    assert user_info == {"sub": house.subs[MAJA], "name": "Maja"}
    assert "email" not in id_claims


async def test_one_person_asked_for_and_nobody_else(house: House) -> None:
    browser = await signed_in(house)
    for member in ("userinfo", "id_token"):
        mine = json.dumps({member: {"sub": {"value": house.subs[MAJA]}}})
        other = json.dumps({member: {"sub": {"value": house.subs["tomas@inside.example"]}}})
        assert "code" in callback(await browser.get(authorize_url(claims=mine, prompt="none")))
        refused = callback(await browser.get(authorize_url(claims=other, prompt="none")))
        assert refused["error"] == "login_required"


@pytest.mark.parametrize("text", ["x", "[]", "1", '{"userinfo": []}', '{"id_token": "x"}', "[" * 5000])
async def test_claims_that_cannot_be_read_are_an_error(house: House, text: str) -> None:
    browser = await signed_in(house)
    assert callback(await browser.get(authorize_url(claims=text)))["error"] == "invalid_request"


@pytest.mark.parametrize(
    "text", ["{}", '{"userinfo": null}', '{"other": 1}', '{"userinfo": {"sub": {"value": 1}}}']
)
async def test_claims_that_ask_for_nothing_are_fine(house: House, text: str) -> None:
    browser = await signed_in(house)
    assert "code" in callback(await browser.get(authorize_url(claims=text)))


async def test_a_client_may_have_a_default_max_age(house: House) -> None:
    await house.execute("update clients set default_max_age = 60 where id = 'employee-community'")
    browser = await signed_in(house)
    house.clock.advance(timedelta(seconds=60))
    assert "code" in callback(await browser.get(authorize_url()))
    house.clock.advance(timedelta(seconds=1))
    assert callback(await browser.get(authorize_url(prompt="none")))["error"] == "login_required"
    assert "code" in callback(await browser.get(authorize_url(max_age="100"))), "the request's own counts"
    pending = pending_of(await browser.get(authorize_url()))
    assert "code" in callback(await browser.sign_in(MAJA, realm="staff", pending=pending))


async def test_consent_that_takes_long_is_no_reason_to_sign_in_again(house: House) -> None:
    await house.execute("update clients set is_first_party = false where id = 'employee-community'")
    browser = house.browser()
    pending = pending_of(await browser.get(authorize_url(max_age="1")))
    asked = await browser.sign_in(MAJA, realm="staff", pending=pending)
    house.clock.advance(timedelta(seconds=30))
    assert "code" in callback(await browser.agree(asked))
