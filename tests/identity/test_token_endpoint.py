"""Codes, refresh tokens, client credentials (docs/security.md 3 to 9, 12, 13, 15)."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.oidc import InvalidToken, RelyingParty, TokenRefused, TokenSet
from tests.identity.driver import (
    BRIDGE,
    CRM_AUTH,
    CUSTOMER,
    CUSTOMER_AUTH,
    EMPLOYEE,
    EMPLOYEE_AUTH,
    RFC7636_VERIFIER,
    SCOPE,
    Browser,
    House,
    authorize_url,
    basic,
    callback,
    payload,
    signed_in,
)

MAJA = "maja@inside.example"
CALLBACK = f"{EMPLOYEE}/sign-in/callback"


async def a_code(house: House, browser: Browser | None = None, **changes: Any) -> str:
    if browser is None:
        browser = house.browser()
        await browser.sign_in(MAJA, realm="staff")
    return callback(await browser.agree(await browser.get(authorize_url(**changes))))["code"]


def code_form(a_code: str, **changes: Any) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": a_code,
        "redirect_uri": CALLBACK,
        "code_verifier": RFC7636_VERIFIER,
        **changes,
    }
    return {name: value for name, value in form.items() if value is not None}


async def post(
    http: httpx.AsyncClient, form: dict[str, Any], auth: dict[str, str] = EMPLOYEE_AUTH
) -> httpx.Response:
    answer = await http.post("/oauth/token", data=form, headers=auth)
    assert answer.headers["cache-control"].endswith("no-store")
    return answer


async def staff_tokens(house: House, employee: RelyingParty) -> TokenSet:
    return await signed_in(house, employee, MAJA, realm="staff", resource=EMPLOYEE)


async def user_info(http: httpx.AsyncClient, token: str) -> httpx.Response:
    return await http.get("/oauth/userinfo", headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize("grant_type", ["password", "implicit", "", None, 'é"\\', "urn:x"])
async def test_3_other_grants_are_refused(raw: httpx.AsyncClient, grant_type: str | None) -> None:
    form = {"grant_type": grant_type, "username": MAJA, "password": "an unlikely sentence 7"}
    answer = await post(raw, {name: value for name, value in form.items() if value is not None})
    assert answer.status_code == 400
    assert answer.json()["error"] == "unsupported_grant_type"


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": None},
        {"code_verifier": "x" * 43},
        {"code_verifier": "short"},
        {"redirect_uri": None},
        {"redirect_uri": f"{CALLBACK}/"},
        {"code": None},
        {"code": "unknown"},
        {"resource": CUSTOMER},
    ],
)
async def test_4_a_code_without_what_belongs_to_it(
    house: House, raw: httpx.AsyncClient, changes: dict[str, Any]
) -> None:
    answer = await post(raw, code_form(await a_code(house), **changes))
    assert answer.status_code == 400
    assert "access_token" not in answer.json()


async def test_4_a_verifier_without_a_challenge_is_refused(house: House, raw: httpx.AsyncClient) -> None:
    await house.execute("update clients set requires_pkce = false where id = 'employee-community'")
    code = await a_code(house, code_challenge=None, code_challenge_method=None)
    refused = await post(raw, code_form(code))
    assert refused.json()["error"] == "invalid_request"
    assert (await post(raw, code_form(code, code_verifier=None))).status_code == 200


async def test_a_code_of_another_client_is_refused(house: House, raw: httpx.AsyncClient) -> None:
    code = await a_code(house)
    stolen = await post(raw, code_form(code), CUSTOMER_AUTH)
    assert stolen.json()["error"] == "invalid_grant"
    assert (await post(raw, code_form(code))).status_code == 200


async def test_a_code_lives_a_minute(house: House, raw: httpx.AsyncClient) -> None:
    code = await a_code(house)
    house.clock.advance(timedelta(seconds=61))
    assert (await post(raw, code_form(code))).json()["error"] == "invalid_grant"


async def test_a_code_used_twice_takes_back_what_it_gave(house: House, raw: httpx.AsyncClient) -> None:
    code = await a_code(house)
    given = (await post(raw, code_form(code))).json()
    assert (await user_info(raw, given["access_token"])).status_code == 200
    house.clock.advance(timedelta(seconds=30))
    assert (await post(raw, code_form(code))).json()["error"] == "invalid_grant"

    assert (await user_info(raw, given["access_token"])).status_code == 401
    refresh = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
    assert (await post(raw, refresh)).json()["error"] == "invalid_grant"
    events = await house.fetch("select event from audit_rows where event = 'grant.revoked'")
    assert len(events) == 1


async def test_5_parallel_exchange_of_one_code_succeeds_once(house: House, raw: httpx.AsyncClient) -> None:
    code = await a_code(house)
    answers = await asyncio.gather(*(post(raw, code_form(code)) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 5


async def test_refresh_rotates(house: House, employee: RelyingParty, raw: httpx.AsyncClient) -> None:
    first = await staff_tokens(house, employee)
    house.clock.advance(timedelta(minutes=5))
    second = await employee.refresh(str(first.refresh_token))

    assert second.refresh_token not in (None, first.refresh_token)
    assert second.access_token != first.access_token
    for name in ("iss", "sub", "aud", "azp", "auth_time", "sid"):
        assert second.id_claims[name] == first.id_claims[name]
    assert second.id_claims["iat"] > first.id_claims["iat"]
    assert "nonce" not in second.id_claims


async def test_6_a_refresh_token_used_again_ends_the_grant(house: House, employee: RelyingParty) -> None:
    first = await staff_tokens(house, employee)
    second = await employee.refresh(str(first.refresh_token))
    house.clock.advance(timedelta(seconds=11))
    with pytest.raises(TokenRefused, match="invalid_grant"):
        await employee.refresh(str(first.refresh_token))
    with pytest.raises(TokenRefused, match="invalid_grant"):
        await employee.refresh(str(second.refresh_token))


async def test_6_parallel_refreshes_get_one_branch(house: House, employee: RelyingParty) -> None:
    first = await staff_tokens(house, employee)
    both = await asyncio.gather(*(employee.refresh(str(first.refresh_token)) for _ in range(5)))
    successors = {tokens.refresh_token for tokens in both}
    assert len(successors) == 1
    third = await employee.refresh(str(successors.pop()))
    with pytest.raises(TokenRefused):
        await employee.refresh(str(first.refresh_token))
    assert await employee.refresh(str(third.refresh_token)), "a late twin within the grace ends nothing"


async def test_6_parallel_refreshes_outside_the_grace_leave_no_live_branch(
    house: House, employee: RelyingParty
) -> None:
    first = await staff_tokens(house, employee)
    second = await employee.refresh(str(first.refresh_token))
    house.clock.advance(timedelta(seconds=11))
    outcomes = await asyncio.gather(
        *(employee.refresh(str(tokens.refresh_token)) for tokens in (first, second, first, second)),
        return_exceptions=True,
    )
    alive = {outcome.refresh_token for outcome in outcomes if isinstance(outcome, TokenSet)}
    for token in alive:
        with pytest.raises(TokenRefused):
            await employee.refresh(str(token))


async def test_a_client_without_rotation_keeps_its_refresh_token(
    house: House, employee: RelyingParty
) -> None:
    await house.execute("update clients set rotates_refresh_tokens = false where id = 'employee-community'")
    first = await staff_tokens(house, employee)
    for _ in range(2):
        house.clock.advance(timedelta(minutes=1))
        assert (await employee.refresh(str(first.refresh_token))).refresh_token == first.refresh_token


async def test_7_refresh_never_widens(house: House, employee: RelyingParty, raw: httpx.AsyncClient) -> None:
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    code = await a_code(house, browser, scope="openid community:read")
    given = (await post(raw, code_form(code))).json()
    form = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
    wider = await post(raw, form | {"scope": "openid community:read community:write"})
    assert wider.json()["error"] == "invalid_scope"
    other = await post(raw, form | {"resource": BRIDGE})
    assert other.json()["error"] == "invalid_target"
    narrower = (await post(raw, form | {"scope": "community:read"})).json()
    assert narrower["scope"] == "community:read"
    assert "id_token" not in narrower
    full = (await post(raw, form | {"refresh_token": narrower["refresh_token"]})).json()
    assert full["scope"] == "community:read openid"


async def test_7_refresh_of_another_client_is_refused(
    house: House, employee: RelyingParty, customer: RelyingParty
) -> None:
    tokens = await staff_tokens(house, employee)
    with pytest.raises(TokenRefused, match="invalid_grant"):
        await customer.refresh(str(tokens.refresh_token))
    assert await employee.refresh(str(tokens.refresh_token))


async def test_7_refresh_has_an_absolute_end(house: House, employee: RelyingParty) -> None:
    tokens = await staff_tokens(house, employee)
    for _ in range(11):
        house.clock.advance(timedelta(hours=1))
        tokens = await employee.refresh(str(tokens.refresh_token))
    house.clock.advance(timedelta(hours=1))
    with pytest.raises(TokenRefused, match="invalid_grant"):
        await employee.refresh(str(tokens.refresh_token))


async def test_7_refresh_ends_with_idleness(house: House, employee: RelyingParty) -> None:
    tokens = await staff_tokens(house, employee)
    house.clock.advance(timedelta(hours=4, seconds=1))
    with pytest.raises(TokenRefused, match="invalid_grant"):
        await employee.refresh(str(tokens.refresh_token))


async def test_7_refresh_dies_with_deactivation(
    house: House, employee: RelyingParty, raw: httpx.AsyncClient
) -> None:
    tokens = await staff_tokens(house, employee)
    await house.deactivate(MAJA)
    with pytest.raises(TokenRefused, match="invalid_grant"):
        await employee.refresh(str(tokens.refresh_token))
    assert (await user_info(raw, tokens.access_token)).status_code == 401


async def test_roles_are_those_of_the_moment(house: House, employee: RelyingParty) -> None:
    tokens = await staff_tokens(house, employee)
    await house.execute("update accounts set roles = '{customer_facing}' where email_key = $1", MAJA)
    fresh = await employee.refresh(str(tokens.refresh_token))
    assert payload(fresh.access_token)["roles"] == ["customer_facing"]


async def test_8_an_access_token_is_short_and_for_one_audience(house: House, employee: RelyingParty) -> None:
    tokens = await staff_tokens(house, employee)
    claims = payload(tokens.access_token)
    assert claims["exp"] - claims["iat"] <= 600
    assert claims["aud"] == EMPLOYEE
    for other in (CUSTOMER, BRIDGE):
        with pytest.raises(InvalidToken, match="audience"):
            await house.verifier(other).verify(tokens.access_token)


async def test_9_id_tokens_and_access_tokens_are_not_taken_for_each_other(
    house: House, employee: RelyingParty, raw: httpx.AsyncClient
) -> None:
    tokens = await staff_tokens(house, employee)
    with pytest.raises(InvalidToken, match="type"):
        await house.verifier(EMPLOYEE).verify(str(tokens.id_token))
    assert (await user_info(raw, str(tokens.id_token))).status_code == 401
    logout = await raw.get("/oauth/end-session", params={"id_token_hint": tokens.access_token})
    assert logout.status_code == 400


async def test_12_a_token_in_the_address_is_refused(
    house: House, employee: RelyingParty, raw: httpx.AsyncClient
) -> None:
    tokens = await staff_tokens(house, employee)
    answer = await raw.get("/oauth/userinfo", params={"access_token": tokens.access_token})
    assert answer.status_code == 400
    form = {"grant_type": "refresh_token"}
    answer = await raw.post(
        "/oauth/token", params={"refresh_token": tokens.refresh_token}, data=form, headers=EMPLOYEE_AUTH
    )
    assert answer.json()["error"] == "invalid_request"


async def test_userinfo_by_header_and_body(
    house: House, employee: RelyingParty, raw: httpx.AsyncClient
) -> None:
    tokens = await staff_tokens(house, employee)
    expected = {
        "sub": house.subs[MAJA],
        "name": "Maja",
        "realm": "staff",
        "email": MAJA,
        "email_verified": True,
    }
    by_header = await user_info(raw, tokens.access_token)
    by_post = await raw.post("/oauth/userinfo", headers={"Authorization": f"Bearer {tokens.access_token}"})
    by_body = await raw.post("/oauth/userinfo", data={"access_token": tokens.access_token})
    for answer in (by_header, by_post, by_body):
        assert answer.status_code == 200
        assert answer.json().items() >= expected.items()
        assert answer.headers["cache-control"].endswith("no-store")

    both = await raw.post(
        "/oauth/userinfo",
        data={"access_token": tokens.access_token},
        headers={"Authorization": f"Bearer {tokens.access_token}"},
    )
    assert both.status_code == 400
    nothing = await raw.get("/oauth/userinfo")
    assert (nothing.status_code, nothing.headers["www-authenticate"]) == (401, "Bearer")


async def test_userinfo_needs_openid(house: House, employee: RelyingParty, raw: httpx.AsyncClient) -> None:
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    given = (await post(raw, code_form(await a_code(house, browser, scope="community:read")))).json()
    assert "id_token" not in given
    answer = await user_info(raw, given["access_token"])
    assert answer.status_code == 403
    assert "insufficient_scope" in answer.headers["www-authenticate"]


@pytest.mark.parametrize(
    ("headers", "extra"),
    [
        (EMPLOYEE_AUTH, {"client_id": "employee-community", "client_secret": "e" * 43}),
        (EMPLOYEE_AUTH, {"client_assertion": "x", "client_assertion_type": "y"}),
        (EMPLOYEE_AUTH, {"client_id": "customer-community"}),
        ({}, {"client_id": "employee-community", "client_secret": "e" * 43, "client_assertion": "x"}),
    ],
)
async def test_13_one_way_of_client_authentication_at_a_time(
    raw: httpx.AsyncClient, headers: dict[str, str], extra: dict[str, str]
) -> None:
    for path in ("/oauth/token", "/oauth/revoke"):
        form = {"grant_type": "client_credentials", "resource": BRIDGE, "token": "x", **extra}
        answer = await raw.post(path, data=form, headers=headers)
        assert answer.json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("employee-community", "wrong"),
        basic("nobody", "e" * 43),
        basic("narrowbridge-cli", ""),
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic /////w=="},
        {"Authorization": "Bearer x"},
        {"Authorization": "Basic"},
    ],
)
async def test_a_client_that_cannot_prove_itself(raw: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await raw.post(
        "/oauth/token", data={"grant_type": "client_credentials", "resource": BRIDGE}, headers=headers
    )
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"


async def test_a_secret_may_hold_signs_and_spaces(house: House, raw: httpx.AsyncClient) -> None:
    """Both parts of Basic are form-encoded, so + stands for a space."""
    secret = "a b+c:d%e é"
    await house.execute(
        "update clients set secret_hash = encode(sha256(convert_to($1, 'UTF8')), 'hex') "
        "where id = 'demo-crm'",
        secret,
    )
    form = {"grant_type": "client_credentials"}
    assert (await post(raw, form, basic("demo-crm", secret))).status_code == 200
    plus = {"Authorization": basic("demo-crm", "x")["Authorization"]}
    assert (await post(raw, form, plus)).status_code == 401


async def test_a_confidential_client_cannot_pass_as_public(house: House, raw: httpx.AsyncClient) -> None:
    form = code_form(await a_code(house), client_id="employee-community")
    assert (await post(raw, form, {})).status_code == 401


async def test_a_public_client_with_pkce(house: House, raw: httpx.AsyncClient) -> None:
    redirect_uri = "http://127.0.0.1:50123/callback"
    changes: dict[str, Any] = {"client_id": "narrowbridge-cli", "redirect_uri": redirect_uri}
    code = await a_code(house, realm="staff", resource=EMPLOYEE, **changes)
    without = await post(raw, code_form(code, code_verifier=None, **changes), {})
    assert without.json()["error"] == "invalid_request"
    given = (await post(raw, code_form(code, **changes), {})).json()
    assert payload(given["access_token"])["aud"] == EMPLOYEE
    form = {
        "grant_type": "refresh_token",
        "refresh_token": given["refresh_token"],
        "client_id": "narrowbridge-cli",
    }
    assert (await post(raw, form, {})).status_code == 200


async def test_client_credentials_of_an_integrator(house: House, raw: httpx.AsyncClient) -> None:
    form = {"grant_type": "client_credentials", "resource": BRIDGE, "scope": "bridge:read bridge:changes"}
    answer = (await post(raw, form, CRM_AUTH)).json()
    claims = await house.verifier(BRIDGE).verify(answer["access_token"])
    assert (claims.sub, claims.client_id, claims.realm) == ("demo-crm", "demo-crm", None)
    assert claims.scope == {"bridge:read", "bridge:changes"}
    assert "refresh_token" not in answer


@pytest.mark.parametrize(
    ("auth", "changes", "error"),
    [
        (CRM_AUTH, {"scope": "bridge:reply"}, "invalid_scope"),
        (CRM_AUTH, {"scope": "community:read"}, "invalid_scope"),
        (CRM_AUTH, {"resource": EMPLOYEE}, "invalid_target"),
        (CRM_AUTH, {"resource": [BRIDGE, EMPLOYEE]}, "invalid_target"),
        (CRM_AUTH, {"grant_type": "authorization_code", "code": "x"}, "unauthorized_client"),
        (CRM_AUTH, {"grant_type": "refresh_token", "refresh_token": "x"}, "unauthorized_client"),
        (EMPLOYEE_AUTH, {"scope": "bridge:reply"}, "invalid_scope"),
        (CUSTOMER_AUTH, {}, "unauthorized_client"),
    ],
)
async def test_15_clients_get_their_own_scopes_audiences_and_grants_only(
    raw: httpx.AsyncClient, auth: dict[str, str], changes: dict[str, Any], error: str
) -> None:
    form = {"grant_type": "client_credentials", "resource": BRIDGE} | changes
    assert (await post(raw, form, auth)).json()["error"] == error


async def test_15_a_client_is_given_no_scope_it_may_not_have(house: House, raw: httpx.AsyncClient) -> None:
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    code = await a_code(house, browser, scope=SCOPE + " bridge:reply admin")
    scopes = (await post(raw, code_form(code))).json()["scope"].split()
    assert set(scopes) == set(SCOPE.split())


@pytest.mark.parametrize(
    "content",
    [b"", b"grant_type", b"%zz=%ff&grant_type=%ff", b"\xff\xfe", b"a=1&" * 500, b"grant_type=%00", b"[]"],
)
async def test_rubbish_is_a_400(raw: httpx.AsyncClient, content: bytes) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for path in ("/oauth/token", "/oauth/revoke"):
        answer = await raw.post(path, content=content, headers=EMPLOYEE_AUTH | form)
        assert answer.status_code == 400
    json_body = await raw.post(
        "/oauth/token", json={"grant_type": "client_credentials"}, headers=EMPLOYEE_AUTH
    )
    assert json_body.json()["error"] == "invalid_request"


async def test_revocation_ends_the_grant(
    house: House, employee: RelyingParty, raw: httpx.AsyncClient
) -> None:
    for kind in ("refresh_token", "access_token"):
        tokens = await staff_tokens(house, employee)
        form = {"token": getattr(tokens, kind), "token_type_hint": "anything"}
        stranger = await raw.post("/oauth/revoke", data=form, headers=CUSTOMER_AUTH)
        assert stranger.status_code == 400
        assert (await raw.post("/oauth/revoke", data=form, headers=EMPLOYEE_AUTH)).status_code == 200
        with pytest.raises(TokenRefused, match="invalid_grant"):
            await employee.refresh(str(tokens.refresh_token))
        assert (await user_info(raw, tokens.access_token)).status_code == 401
    unknown = await raw.post("/oauth/revoke", data={"token": "x"}, headers=EMPLOYEE_AUTH)
    assert unknown.status_code == 200
