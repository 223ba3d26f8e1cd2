"""Token exchange (docs/security.md 14 and 16; RFC 8693; bridge.md, "Who may call")."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from shared.oidc import Act, InvalidToken, Realm, RelyingParty, TokenRefused, TokenSet
from shared.oidc.names import AUTHOR_GONE, MAY_NOTHING, GrantType, TokenKind
from tests.identity.conftest import SIGNING_KEY
from tests.identity.driver import (
    BRIDGE,
    CRM_AUTH,
    CUSTOMER,
    CUSTOMER_AUTH,
    EMPLOYEE,
    EMPLOYEE_AUTH,
    ISSUER,
    House,
    payload,
    signed_in,
)

TOMAS, INES = "tomas@inside.example", "ines@inside.example"
BOTH = "bridge:read bridge:reply"


@pytest.fixture
async def tomas(house: House, employee: RelyingParty) -> TokenSet:
    """The tokens of somebody customer-facing."""
    return await signed_in(house, employee, TOMAS, realm="staff", resource=EMPLOYEE)


def exchange_form(token: str, **changes: Any) -> dict[str, Any]:
    form = {
        "grant_type": GrantType.EXCHANGE.value,
        "subject_token": token,
        "subject_token_type": TokenKind.ACCESS.value,
        "resource": BRIDGE,
        "scope": BOTH,
        **changes,
    }
    return {name: value for name, value in form.items() if value is not None}


async def refusal(raw: httpx.AsyncClient, form: dict[str, Any], auth: dict[str, str] = EMPLOYEE_AUTH) -> str:
    answer = await raw.post("/oauth/token", data=form, headers=auth)
    assert answer.status_code in (400, 401), answer.text
    assert "access_token" not in answer.json()
    return str(answer.json()["error"])


async def test_16_a_service_acts_for_a_person_and_it_shows(
    house: House, employee: RelyingParty, tomas: TokenSet, raw: httpx.AsyncClient
) -> None:
    given = await employee.token_exchange(tomas.access_token, audience=BRIDGE, scope=BOTH)
    claims = await house.verifier(BRIDGE).verify(given.access_token)

    assert claims.sub == house.subs[TOMAS]
    assert claims.act == Act("employee-community")
    assert claims.realm is Realm.STAFF
    assert claims.roles == {"customer_facing"}
    assert claims.scope == set(BOTH.split())
    assert claims.exp - claims.iat <= 300
    assert given.refresh_token is None
    assert given.id_token is None
    rows = await house.fetch("select client_id, details from audit_rows where event = 'token.exchanged'")
    assert [row["client_id"] for row in rows] == ["employee-community"]


async def test_16_the_role_is_needed(house: House, employee: RelyingParty, raw: httpx.AsyncClient) -> None:
    for email in (INES, "maja@inside.example"):
        tokens = await signed_in(house, employee, email, realm="staff", resource=EMPLOYEE)
        assert await refusal(raw, exchange_form(tokens.access_token)) == "invalid_scope"


async def test_16_the_role_is_looked_up_now(house: House, tomas: TokenSet, raw: httpx.AsyncClient) -> None:
    await house.execute("update accounts set roles = '{}' where email_key = $1", TOMAS)
    assert await refusal(raw, exchange_form(tomas.access_token)) == "invalid_scope"


async def test_16_only_clients_on_the_list(
    house: House, customer: RelyingParty, tomas: TokenSet, raw: httpx.AsyncClient
) -> None:
    for auth in (CUSTOMER_AUTH, CRM_AUTH):
        assert await refusal(raw, exchange_form(tomas.access_token), auth) == "unauthorized_client"
    public = exchange_form(tomas.access_token, client_id="narrowbridge-cli")
    assert await refusal(raw, public, {}) == "invalid_client"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"resource": EMPLOYEE}, "invalid_target"),
        ({"resource": CUSTOMER}, "invalid_target"),
        ({"resource": "http://elsewhere.example"}, "invalid_target"),
        ({"audience": EMPLOYEE}, "invalid_target"),
        ({"scope": "bridge:changes"}, "invalid_scope"),
        ({"scope": "bridge:ledger community:write"}, "invalid_scope"),
        ({"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"}, "invalid_request"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:id_token"}, "invalid_request"),
        ({"subject_token_type": None}, "invalid_request"),
        ({"subject_token": None}, "invalid_request"),
        ({"subject_token": "x.y.z"}, "invalid_request"),
        ({"actor_token": "x", "actor_token_type": TokenKind.ACCESS.value}, "invalid_request"),
    ],
)
async def test_16_what_does_not_fit_is_refused(
    tomas: TokenSet, raw: httpx.AsyncClient, changes: dict[str, Any], error: str
) -> None:
    assert await refusal(raw, exchange_form(tomas.access_token, **changes)) == error


async def test_16_scope_is_what_subject_client_and_request_share(
    house: House, employee: RelyingParty, raw: httpx.AsyncClient
) -> None:
    browser = house.browser()
    request = await employee.begin(scope="openid community:read", resource=EMPLOYEE)
    reading = await employee.complete(await browser.authorize(request, TOMAS), request)

    wide = await employee.token_exchange(
        reading.access_token, audience=BRIDGE, scope="bridge:read bridge:reply bridge:changes"
    )
    assert wide.scope == {"bridge:read"}
    assert await refusal(raw, exchange_form(reading.access_token, scope="bridge:reply")) == "invalid_scope"
    nothing = await employee.begin(scope="openid profile", resource=EMPLOYEE)
    bare = await employee.complete(await browser.authorize(nothing), nothing)
    assert await refusal(raw, exchange_form(bare.access_token)) == "invalid_scope"


async def test_16_the_subject_token_is_ours_live_and_made_for_the_service(
    house: House, employee: RelyingParty, customer: RelyingParty, tomas: TokenSet, raw: httpx.AsyncClient
) -> None:
    elsewhere = await signed_in(house, customer, TOMAS, realm="staff", resource=CUSTOMER)
    exchanged = await employee.token_exchange(tomas.access_token, audience=BRIDGE, scope=BOTH)
    for token in (elsewhere.access_token, exchanged.access_token, str(tomas.id_token)):
        assert await refusal(raw, exchange_form(token)) == "invalid_request"
    stranger = jwt.encode(
        {"alg": "ES256", "typ": "at+jwt", "kid": "x"},
        payload(tomas.access_token),
        ECKey.generate_key("P-256"),
        algorithms=["ES256"],
    )
    assert await refusal(raw, exchange_form(stranger)) == "invalid_request"
    house.clock.advance(timedelta(minutes=10))
    assert await refusal(raw, exchange_form(tomas.access_token)) == "invalid_request"


async def test_16_a_customer_has_no_way_across(
    house: House, customer: RelyingParty, raw: httpx.AsyncClient
) -> None:
    await house.execute("update accounts set roles = '{customer_facing}' where realm = 'customer'")
    tokens = await signed_in(house, customer, "ana@outside.example", realm="customer", resource=CUSTOMER)
    assert await refusal(raw, exchange_form(tokens.access_token)) == "invalid_request"
    author = await refusal(raw, assertion_form(house, sub=house.subs["ana@outside.example"]))
    assert author == "invalid_scope"


async def test_16_signing_out_and_leaving_end_it(
    house: House, employee: RelyingParty, tomas: TokenSet, raw: httpx.AsyncClient
) -> None:
    await raw.get("/oauth/end-session", params={"id_token_hint": tomas.id_token})
    assert await refusal(raw, exchange_form(tomas.access_token)) == "invalid_request"
    again = await signed_in(house, employee, TOMAS, realm="staff", resource=EMPLOYEE)
    await house.deactivate(TOMAS)
    assert await refusal(raw, exchange_form(again.access_token)) == "invalid_request"


def resigned(house: House, token: str, **changes: Any) -> str:
    """The same token with other claims, signed by identity itself."""
    key = house.services.keys.signer("ES256", house.clock.now())
    header = {"alg": "ES256", "typ": "at+jwt", "kid": key.kid}
    return jwt.encode(header, payload(token) | changes, key, algorithms=["ES256"])


async def test_16_may_act_is_obeyed(house: House, tomas: TokenSet, raw: httpx.AsyncClient) -> None:
    other = resigned(house, tomas.access_token, may_act={"sub": "customer-community"})
    assert await refusal(raw, exchange_form(other)) == "invalid_request"
    ours = resigned(house, tomas.access_token, may_act={"sub": "employee-community"})
    answer = await raw.post("/oauth/token", data=exchange_form(ours), headers=EMPLOYEE_AUTH)
    assert answer.status_code == 200


def assertion_form(
    house: House, *, key: ECKey = SIGNING_KEY, header: dict[str, Any] | None = None, **changes: Any
) -> dict[str, Any]:
    now = int(house.now())
    claims = {
        "iss": "employee-community",
        "sub": house.subs[TOMAS],
        "aud": ISSUER,
        "iat": now,
        "exp": now + 60,
        "jti": "one",
        **changes,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    head = {"alg": "ES256", "kid": SIGNING_KEY.kid, **(header or {})}
    token = jwt.encode(head, claims, key, algorithms=["ES256"])
    return exchange_form(token, subject_token_type=TokenKind.JWT.value, scope="bridge:reply")


async def test_16_a_queued_reply_is_sent_in_its_authors_name(
    house: House, employee: RelyingParty, tomas: TokenSet
) -> None:
    given = await employee.exchange_for_author(
        house.subs[TOMAS], audience=BRIDGE, scope=BOTH, signing_key=SIGNING_KEY
    )
    claims = await house.verifier(BRIDGE).verify(given.access_token)
    assert claims.sub == house.subs[TOMAS]
    assert claims.act == Act("employee-community")
    assert claims.scope == {"bridge:reply"}
    assert claims.sid is None


async def test_16_an_author_who_left_or_lost_the_role_sends_nothing(
    house: House, employee: RelyingParty
) -> None:
    async def send(author: str) -> TokenSet:
        return await employee.exchange_for_author(
            author, audience=BRIDGE, scope="bridge:reply", signing_key=SIGNING_KEY
        )

    async def told(author: str) -> tuple[str, bool, bool]:
        with pytest.raises(TokenRefused) as refused:
            await send(author)
        said = refused.value.description
        return refused.value.error, said.endswith(AUTHOR_GONE), said.endswith(MAY_NOTHING)

    await send(house.subs[TOMAS])
    assert await told(house.subs[INES]) == ("invalid_scope", False, True)
    for author in ("nobody", "00000000-0000-4000-8000-000000000000"):
        assert await told(author) == ("invalid_request", True, False)
    await house.deactivate(TOMAS)
    assert await told(house.subs[TOMAS]) == ("invalid_request", True, False)


async def test_what_is_wrong_with_the_service_is_not_said_of_the_author(
    house: House, employee: RelyingParty
) -> None:
    """The desk keeps the answer then: a key or a clock can be mended."""
    other = ECKey.generate_key("P-256", {"kid": str(SIGNING_KEY.kid)})
    for scope, key in (("bridge:reply", other), ("bridge:ledger", SIGNING_KEY)):
        with pytest.raises(TokenRefused) as refused:
            await employee.exchange_for_author(
                house.subs[TOMAS], audience=BRIDGE, scope=scope, signing_key=key
            )
        assert refused.value.error in ("invalid_request", "invalid_scope")
        assert not refused.value.description.endswith((AUTHOR_GONE, MAY_NOTHING))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "customer-community"},
        {"iss": None},
        {"aud": f"{ISSUER}/oauth/token"},
        {"aud": [ISSUER]},
        {"aud": None},
        {"exp": None},
        {"iat": None},
        {"jti": None},
        {"jti": 7},
        {"sub": None},
        {"exp": 4_000_000_000},
        {"iat": 1, "exp": 200},
        {"key": ECKey.generate_key("P-256")},
        {"header": {"kid": "other"}},
        {"header": {"jwk": {"kty": "EC"}}},
    ],
)
async def test_14_an_assertion_that_is_wrong(
    house: House, raw: httpx.AsyncClient, changes: dict[str, Any]
) -> None:
    assert await refusal(raw, assertion_form(house, **changes)) == "invalid_request"


async def test_14_an_assertion_is_used_once_and_is_fresh(house: House, raw: httpx.AsyncClient) -> None:
    form = assertion_form(house)
    answers = await asyncio.gather(
        *(raw.post("/oauth/token", data=form, headers=EMPLOYEE_AUTH) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
    late = assertion_form(house, jti="two")
    house.clock.advance(timedelta(seconds=61))
    assert await refusal(raw, late) == "invalid_request"


async def test_14_an_assertion_reads_nothing(house: House, raw: httpx.AsyncClient) -> None:
    form = assertion_form(house) | {"scope": "bridge:read"}
    assert await refusal(raw, form) == "invalid_scope"


async def test_an_exchanged_token_is_good_at_the_bridge_alone(
    house: House, employee: RelyingParty, tomas: TokenSet, raw: httpx.AsyncClient
) -> None:
    given = await employee.token_exchange(tomas.access_token, audience=BRIDGE, scope=BOTH)
    for other in (EMPLOYEE, CUSTOMER):
        with pytest.raises(InvalidToken, match="audience"):
            await house.verifier(other).verify(given.access_token)
    answer = await raw.get("/oauth/userinfo", headers={"Authorization": f"Bearer {given.access_token}"})
    assert answer.status_code in (401, 403)
