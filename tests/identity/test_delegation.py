"""Token exchange as delegation: chains of actors, scopes, may_act (docs/security.md 16; RFC 8693)."""

from typing import Any

import httpx
import pytest

from identity_service.clients.service import Registration, register
from identity_service.sealing import hashed
from shared.oidc import Act, RelyingParty, TokenSet
from shared.oidc.names import GrantType, TokenKind
from tests.identity.driver import BRIDGE, CUSTOMER, EMPLOYEE, EMPLOYEE_AUTH, House, basic, payload, signed_in

TOMAS = "tomas@inside.example"
SECRET = "r" * 43


async def relay(house: House, client_id: str = "relay", **changes: Any) -> dict[str, str]:
    """A service behind the bridge that may act further; how it proves itself."""
    values: dict[str, Any] = {
        "serves": [BRIDGE],
        "exchange_audiences": [BRIDGE],
        "exchange_scopes": ["bridge:read"],
        "exchange_actors": ["employee-community"],
        **changes,
    }
    wanted = Registration(
        id=client_id,
        name=client_id,
        secret_hash=hashed(SECRET),
        grant_types=[GrantType.EXCHANGE],
        **values,
    )
    async with house.services.database.transaction() as session:
        await register(session, wanted, house.clock.now())
    return basic(client_id, SECRET)


@pytest.fixture
async def tomas(house: House, employee: RelyingParty) -> TokenSet:
    return await signed_in(house, employee, TOMAS, realm="staff", resource=EMPLOYEE)


@pytest.fixture
async def delegated(employee: RelyingParty, tomas: TokenSet) -> str:
    """Tomas's token at the bridge, by which the employee community acts for him."""
    given = await employee.token_exchange(
        tomas.access_token, audience=BRIDGE, scope="bridge:read bridge:reply"
    )
    return given.access_token


async def exchange(
    raw: httpx.AsyncClient, auth: dict[str, str], token: str, resource: str = BRIDGE, **changes: str
) -> httpx.Response:
    form = {
        "grant_type": GrantType.EXCHANGE.value,
        "subject_token": token,
        "subject_token_type": TokenKind.ACCESS.value,
        "resource": resource,
        **changes,
    }
    return await raw.post("/oauth/token", data=form, headers=auth)


async def test_16_a_delegated_token_is_taken_further_and_the_whole_chain_shows(
    house: House, raw: httpx.AsyncClient, delegated: str
) -> None:
    answer = await exchange(raw, await relay(house), delegated)
    assert answer.status_code == 200, answer.text
    claims = await house.verifier(BRIDGE).verify(answer.json()["access_token"])

    assert claims.act == Act("relay", Act("employee-community"))
    assert claims.sub == house.subs[TOMAS]
    assert claims.client_id == "relay"
    assert "refresh_token" not in answer.json()


async def test_16_each_step_leaves_an_audit_row_with_those_before(
    house: House, raw: httpx.AsyncClient, delegated: str
) -> None:
    await exchange(raw, await relay(house), delegated)
    rows = await house.fetch("select client_id, details from audit_rows where event = 'token.exchanged'")
    by_client = {row["client_id"]: row["details"] for row in rows}
    assert set(by_client) == {"employee-community", "relay"}
    assert "employee-community" in str(by_client["relay"])
    assert "through" not in str(by_client["employee-community"])


async def test_16_scope_is_never_wider_than_the_subjects(
    house: House, employee: RelyingParty, raw: httpx.AsyncClient, tomas: TokenSet, delegated: str
) -> None:
    auth = await relay(house, exchange_scopes=["bridge:read", "bridge:reply", "bridge:changes"])
    wide = await exchange(raw, auth, delegated)
    assert wide.json()["scope"] == "bridge:read bridge:reply"

    reading = await employee.token_exchange(tomas.access_token, audience=BRIDGE, scope="bridge:read")
    narrow = await exchange(raw, auth, reading.access_token, scope="bridge:read bridge:reply")
    assert narrow.json()["scope"] == "bridge:read"
    refused = await exchange(raw, auth, reading.access_token, scope="bridge:reply")
    assert refused.json()["error"] == "invalid_scope"


async def test_16_scopes_of_one_community_are_passed_on_to_the_other_as_they_are(
    house: House, employee: RelyingParty, raw: httpx.AsyncClient
) -> None:
    request = await employee.begin(scope="openid community:read", resource=EMPLOYEE)
    reading = await employee.complete(await house.browser().authorize(request, TOMAS), request)
    auth = await relay(
        house,
        serves=[EMPLOYEE],
        exchange_audiences=[CUSTOMER],
        exchange_scopes=["community:read", "community:write"],
    )
    answer = await exchange(raw, auth, reading.access_token, CUSTOMER)
    assert answer.json()["scope"] == "community:read"
    assert payload(answer.json()["access_token"])["aud"] == CUSTOMER


@pytest.mark.parametrize(
    "changes",
    [
        {"exchange_actors": []},
        {"exchange_actors": ["customer-community"]},
        {"serves": []},
        {"serves": [CUSTOMER]},
    ],
)
async def test_16_only_clients_that_list_the_actor_take_a_token_further(
    house: House, raw: httpx.AsyncClient, delegated: str, changes: dict[str, Any]
) -> None:
    refused = await exchange(raw, await relay(house, **changes), delegated)
    assert refused.json()["error"] == "invalid_request"


async def test_16_a_chain_has_an_end_and_no_circle(
    house: House, raw: httpx.AsyncClient, delegated: str
) -> None:
    token, before = delegated, "employee-community"
    for number in range(3):
        auth = await relay(house, f"relay-{number}", exchange_actors=[before])
        answer = await exchange(raw, auth, token)
        assert answer.status_code == 200, answer.text
        token, before = answer.json()["access_token"], f"relay-{number}"
    auth = await relay(house, "relay-3", exchange_actors=[before])
    assert (await exchange(raw, auth, token)).json()["error"] == "invalid_request"
    again = await relay(house, "relay-0", exchange_actors=["employee-community", "relay-0"])
    once = (await exchange(raw, again, delegated)).json()["access_token"]
    assert (await exchange(raw, again, once)).json()["error"] == "invalid_request"


async def test_16_a_chain_ends_with_the_session(
    house: House, raw: httpx.AsyncClient, tomas: TokenSet, delegated: str
) -> None:
    auth = await relay(house)
    await raw.get("/oauth/end-session", params={"id_token_hint": tomas.id_token})
    assert (await exchange(raw, auth, delegated)).json()["error"] == "invalid_request"


async def test_16_may_act_is_issued_and_obeyed(
    house: House, employee: RelyingParty, raw: httpx.AsyncClient
) -> None:
    await house.execute("update clients set may_act = 'relay' where id = 'employee-community'")
    tokens = await signed_in(house, employee, TOMAS, realm="staff", resource=EMPLOYEE)
    assert payload(tokens.access_token)["may_act"] == {"sub": "relay"}

    refused = await exchange(raw, EMPLOYEE_AUTH, tokens.access_token)
    assert refused.json()["error"] == "invalid_request"
    named = await relay(house, serves=[EMPLOYEE])
    assert (await exchange(raw, named, tokens.access_token)).status_code == 200
    other = await relay(house, "another", serves=[EMPLOYEE])
    assert (await exchange(raw, other, tokens.access_token)).json()["error"] == "invalid_request"


async def test_16_people_of_a_realm_get_no_token_for_the_other_realms_service(
    house: House, customer: RelyingParty, raw: httpx.AsyncClient
) -> None:
    tokens = await signed_in(house, customer, "ana@outside.example", realm="customer", resource=CUSTOMER)
    auth = await relay(
        house, serves=[CUSTOMER], exchange_audiences=[EMPLOYEE], exchange_scopes=["community:read"]
    )
    refused = await exchange(raw, auth, tokens.access_token, EMPLOYEE)
    assert refused.json()["error"] == "invalid_target"
