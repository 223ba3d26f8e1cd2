"""Introspection (RFC 7662; docs/security.md 8, 9, 13, 22)."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from identity_service.clients.service import Registration, register
from identity_service.sealing import hashed
from shared.oidc import RelyingParty, TokenSet
from shared.oidc.names import GrantType
from tests.identity.driver import (
    BRIDGE,
    CRM_AUTH,
    CUSTOMER,
    CUSTOMER_AUTH,
    EMPLOYEE,
    EMPLOYEE_AUTH,
    House,
    basic,
    signed_in,
)

MAJA = "maja@inside.example"
INACTIVE = {"active": False}


async def ask(
    http: httpx.AsyncClient, token: str | None, auth: dict[str, str] = EMPLOYEE_AUTH
) -> dict[str, Any]:
    answer = await http.post("/oauth/introspect", data={"token": token}, headers=auth)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"].endswith("no-store")
    assert answer.headers["content-type"] == "application/json"
    return dict(answer.json())


@pytest.fixture
async def tokens(house: House, employee: RelyingParty) -> TokenSet:
    return await signed_in(house, employee, MAJA, realm="staff", resource=EMPLOYEE)


async def add_gateway(house: House, serves: list[str], **changes: Any) -> dict[str, str]:
    values = {
        "id": "gateway",
        "name": "Gateway",
        "secret_hash": hashed("g" * 43),
        "grant_types": [GrantType.CLIENT],
        "serves": serves,
        **changes,
    }
    async with house.services.database.transaction() as session:
        await register(session, Registration(**values), house.clock.now())
    return basic("gateway", "g" * 43)


async def test_a_token_is_told_to_those_who_serve_its_audience(
    house: House, raw: httpx.AsyncClient, tokens: TokenSet
) -> None:
    told = await ask(raw, tokens.access_token, await add_gateway(house, [EMPLOYEE]))
    assert told["active"] is True
    assert told["token_type"] == "Bearer"
    assert (told["sub"], told["aud"], told["realm"]) == (house.subs[MAJA], EMPLOYEE, "staff")
    assert told["client_id"] == "employee-community"
    assert told["roles"] == ["community_manager"]
    assert told["exp"] - told["iat"] == 600
    assert set(told["scope"].split()) >= {"openid", "community:read"}
    assert not {"email", "name", "username"} & set(told)


async def test_a_token_is_no_business_of_others(
    house: House, raw: httpx.AsyncClient, tokens: TokenSet
) -> None:
    assert (await ask(raw, tokens.access_token))["active"] is True, "its own client"
    assert await ask(raw, tokens.access_token, CUSTOMER_AUTH) == INACTIVE
    assert await ask(raw, tokens.access_token, CRM_AUTH) == INACTIVE
    assert await ask(raw, tokens.access_token, await add_gateway(house, [CUSTOMER, BRIDGE])) == INACTIVE


@pytest.mark.parametrize("token", ["", "x", "x.y.z", "é" * 20, "a" * 20_000])
async def test_what_is_no_token_is_inactive(raw: httpx.AsyncClient, token: str) -> None:
    if token:
        assert await ask(raw, token) == INACTIVE
    else:
        assert (await raw.post("/oauth/introspect", headers=EMPLOYEE_AUTH, data={})).status_code == 400


async def test_9_an_id_token_is_no_access_token(raw: httpx.AsyncClient, tokens: TokenSet) -> None:
    assert await ask(raw, tokens.id_token) == INACTIVE


async def test_refresh_tokens_are_told_to_their_own_client_alone(
    house: House, raw: httpx.AsyncClient, employee: RelyingParty, tokens: TokenSet
) -> None:
    told = await ask(raw, tokens.refresh_token)
    assert (told["active"], told["client_id"], told["sub"]) == (True, "employee-community", house.subs[MAJA])
    assert await ask(raw, tokens.refresh_token, CUSTOMER_AUTH) == INACTIVE
    assert await ask(raw, tokens.refresh_token, await add_gateway(house, [EMPLOYEE])) == INACTIVE

    house.clock.advance(timedelta(seconds=11))
    later = await employee.refresh(str(tokens.refresh_token))
    assert await ask(raw, tokens.refresh_token) == INACTIVE, "it was used"
    assert (await ask(raw, later.refresh_token))["active"] is True


@pytest.mark.parametrize(
    "ending",
    [
        "update grants set revoked_at = now()",
        "update grants set expires_at = created_at",
        "update sessions set ended_at = now()",
        "update sessions set expires_at = created_at",
        "update sessions set seen_at = seen_at - interval '5 hours'",
        "update accounts set deactivated_at = now()",
        "delete from grants",
        "delete from accounts",
        "update clients set disabled_at = now() where id = 'employee-community'",
    ],
)
async def test_22_grant_session_account_and_client_are_looked_at_now(
    house: House, raw: httpx.AsyncClient, tokens: TokenSet, ending: str
) -> None:
    gateway = await add_gateway(house, [EMPLOYEE])
    assert (await ask(raw, tokens.access_token, gateway))["active"] is True
    await house.execute(ending)
    assert await ask(raw, tokens.access_token, gateway) == INACTIVE
    if "clients" not in ending:
        assert await ask(raw, tokens.refresh_token) == INACTIVE


async def test_8_a_token_ends(house: House, raw: httpx.AsyncClient, tokens: TokenSet) -> None:
    house.clock.advance(timedelta(seconds=599))
    assert (await ask(raw, tokens.access_token))["active"] is True
    house.clock.advance(timedelta(seconds=1))
    assert await ask(raw, tokens.access_token) == INACTIVE


async def test_tokens_of_machines_and_exchanged_ones(
    house: House, raw: httpx.AsyncClient, employee: RelyingParty, tokens: TokenSet
) -> None:
    bridge = await add_gateway(house, [BRIDGE])
    form = {"grant_type": "client_credentials", "scope": "bridge:read", "resource": BRIDGE}
    machine = (await raw.post("/oauth/token", data=form, headers=CRM_AUTH)).json()["access_token"]
    told = await ask(raw, machine, bridge)
    assert (told["sub"], told["client_id"], told["aud"]) == ("demo-crm", "demo-crm", BRIDGE)

    tomas = await signed_in(house, employee, "tomas@inside.example", realm="staff", resource=EMPLOYEE)
    exchange = {
        "grant_type": GrantType.EXCHANGE.value,
        "subject_token": tomas.access_token,
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "resource": BRIDGE,
    }
    given = (await raw.post("/oauth/token", data=exchange, headers=EMPLOYEE_AUTH)).json()["access_token"]
    delegated = await ask(raw, given, bridge)
    assert delegated["act"] == {"sub": "employee-community"}

    await house.deactivate("tomas@inside.example")
    assert await ask(raw, given, bridge) == INACTIVE
    await house.execute("update clients set disabled_at = now() where id = 'demo-crm'")
    assert await ask(raw, machine, bridge) == INACTIVE


@pytest.mark.parametrize(
    "auth",
    [
        {},
        basic("employee-community", "x" * 43),
        basic("nobody", "e" * 43),
        basic("narrowbridge-cli", ""),
        {"Authorization": "Bearer x"},
        {"Authorization": "Basic ===="},
    ],
)
async def test_only_confidential_clients_may_ask(
    house: House, raw: httpx.AsyncClient, tokens: TokenSet, auth: dict[str, str]
) -> None:
    answer = await raw.post(
        "/oauth/introspect",
        data={"token": tokens.access_token, "client_id": "narrowbridge-cli"},
        headers=auth,
    )
    assert answer.status_code in (400, 401)
    assert "active" not in answer.json()


async def test_a_client_proves_itself_in_the_registered_way(
    house: House, raw: httpx.AsyncClient, tokens: TokenSet
) -> None:
    await add_gateway(house, [EMPLOYEE], token_endpoint_auth_method="client_secret_post")
    pair = {"client_id": "gateway", "client_secret": "g" * 43}
    by_post = await raw.post("/oauth/introspect", data={"token": tokens.access_token, **pair})
    assert by_post.json()["active"] is True
    by_basic = await raw.post(
        "/oauth/introspect", data={"token": tokens.access_token}, headers=basic("gateway", "g" * 43)
    )
    assert by_basic.status_code == 401
    assert by_basic.headers["www-authenticate"].startswith("Basic")
    both = await raw.post(
        "/oauth/introspect",
        data={"token": tokens.access_token, **pair},
        headers=basic("gateway", "g" * 43),
    )
    assert both.status_code == 400


async def test_12_a_token_in_the_address_is_refused(raw: httpx.AsyncClient, tokens: TokenSet) -> None:
    url = f"/oauth/introspect?token={tokens.access_token}"
    assert (await raw.post(url, data={"token": "x"}, headers=EMPLOYEE_AUTH)).status_code == 400
    assert (await raw.get(url, headers=EMPLOYEE_AUTH)).status_code == 405


async def test_a_disabled_client_learns_nothing(
    house: House, raw: httpx.AsyncClient, tokens: TokenSet
) -> None:
    gateway = await add_gateway(house, [EMPLOYEE])
    await house.execute("update clients set disabled_at = now() where id = 'gateway'")
    answer = await raw.post("/oauth/introspect", data={"token": tokens.access_token}, headers=gateway)
    assert answer.status_code == 401


async def test_a_token_seen_before_is_not_believed_without_its_key(
    house: House, raw: httpx.AsyncClient, tokens: TokenSet
) -> None:
    assert (await ask(raw, tokens.access_token))["active"] is True
    changed = tokens.access_token[:-8] + ("A" * 8 if tokens.access_token[-8:] != "A" * 8 else "B" * 8)
    assert await ask(raw, changed) == INACTIVE
    await house.execute("delete from signing_keys")
    async with house.services.database.transaction() as session:
        await house.services.keys.load(session, house.clock.now())
    assert await ask(raw, tokens.access_token) == INACTIVE


async def test_it_costs_one_statement(house: House, raw: httpx.AsyncClient, tokens: TokenSet) -> None:
    seen: list[str] = []
    house.services.database.observe = seen.append
    await ask(raw, tokens.access_token)
    await ask(raw, tokens.refresh_token)
    house.services.database.observe = None
    assert len(seen) == 2
