"""Security events by poll (docs/security.md 22; RFC 8417, RFC 8936, RFC 9493)."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from identity_service.accounts.models import Account
from identity_service.events import service
from identity_service.events.kinds import EventKind
from identity_service.lifecycle import service as lifecycle
from identity_service.visit import Caller, Visit
from shared.oidc import InvalidToken, RelyingParty
from shared.oidc.keys import RemoteKeys, verified_payload
from tests.identity.driver import (
    CRM_AUTH,
    CUSTOMER_AUTH,
    EMPLOYEE,
    EMPLOYEE_AUTH,
    ISSUER,
    House,
    basic,
    signed_in,
)

MAJA, ANA = "maja@inside.example", "ana@outside.example"
Act = Callable[[Visit, Account], Awaitable[None]]


async def act(house: House, email: str, what: Act) -> None:
    """Do something to an account, as an administrator would."""
    caller = Caller(services=house.services, now=house.clock.now(), address="console")
    async with caller.begin() as visit:
        account = await visit.session.get(Account, house.subs[email])
        assert account is not None
        await what(visit, account)


async def deactivate(visit: Visit, account: Account) -> None:
    await lifecycle.deactivate(visit, account, because="left", by="test")


async def reactivate(visit: Visit, account: Account) -> None:
    await lifecycle.reactivate(visit, account, by="test")


async def purge(visit: Visit, account: Account) -> None:
    await lifecycle.purge(visit, account, by="test")


async def rename(visit: Visit, account: Account) -> None:
    await lifecycle.change(visit, account, by="test", name="Maja Berg", roles=["customer_facing"])


async def poll(raw: httpx.AsyncClient, auth: dict[str, str], **body: Any) -> dict[str, Any]:
    answer = await raw.post("/security-events/poll", json=body, headers=auth)
    assert answer.status_code == 200, answer.text
    assert "no-store" in answer.headers["cache-control"]
    return dict(answer.json())


async def read(house: House, token: str) -> dict[str, Any]:
    keys = RemoteKeys(f"{ISSUER}/.well-known/jwks.json", house.http())
    return await verified_payload(token, keys, types=frozenset({"secevent+jwt"}))


async def events(house: House, answer: dict[str, Any]) -> list[str]:
    kinds = []
    for jti, token in answer["sets"].items():
        claims = await read(house, token)
        assert claims["jti"] == jti
        kinds += list(claims["events"])
    return kinds


async def test_22_a_leaver_is_told_to_every_service_that_admits_the_realm(
    house: House, raw: httpx.AsyncClient
) -> None:
    await act(house, MAJA, deactivate)
    wanted = [EventKind.SESSION_REVOKED, EventKind.DISABLED]
    assert await events(house, await poll(raw, EMPLOYEE_AUTH)) == wanted
    assert await events(house, await poll(raw, CUSTOMER_AUTH)) == wanted


async def test_22_customers_are_no_business_of_the_inside(house: House, raw: httpx.AsyncClient) -> None:
    await act(house, ANA, deactivate)
    assert (await poll(raw, EMPLOYEE_AUTH))["sets"] == {}
    assert len((await poll(raw, CUSTOMER_AUTH))["sets"]) == 2


@pytest.mark.parametrize(
    ("what", "kinds"),
    [
        (deactivate, [EventKind.SESSION_REVOKED, EventKind.DISABLED]),
        (purge, [EventKind.SESSION_REVOKED, EventKind.PURGED]),
        (rename, [EventKind.CLAIMS_CHANGED]),
        (reactivate, []),
    ],
)
async def test_22_each_change_of_an_account_is_an_event_of_its_kind(
    house: House, raw: httpx.AsyncClient, what: Act, kinds: list[str]
) -> None:
    await act(house, MAJA, what)
    assert await events(house, await poll(raw, EMPLOYEE_AUTH)) == kinds


async def test_22_an_event_token_names_account_and_session_and_is_no_access_token(
    house: House, raw: httpx.AsyncClient, employee: RelyingParty
) -> None:
    browser = house.browser()
    tokens = await signed_in(house, employee, MAJA, realm="staff", resource=EMPLOYEE, browser=browser)
    await browser.post("/sign-out", {"realm": "staff"})
    (token,) = (await poll(raw, EMPLOYEE_AUTH))["sets"].values()
    claims = await read(house, token)
    assert (claims["iss"], claims["aud"]) == (ISSUER, "employee-community")
    assert claims["sub_id"]["user"] == {"format": "iss_sub", "iss": ISSUER, "sub": house.subs[MAJA]}
    assert claims["sub_id"]["session"] == {"format": "opaque", "id": tokens.id_claims["sid"]}
    assert not {"sub", "exp", "scope"} & set(claims)
    with pytest.raises(InvalidToken):
        await house.verifier(EMPLOYEE).verify(token)


async def test_22_new_claims_travel_with_the_event(house: House, raw: httpx.AsyncClient) -> None:
    await act(house, MAJA, rename)
    (token,) = (await poll(raw, EMPLOYEE_AUTH))["sets"].values()
    (event,) = (await read(house, token))["events"].values()
    assert event["claims"] == {"name": "Maja Berg", "roles": ["customer_facing"]}


async def test_22_an_event_comes_again_until_it_is_acknowledged(house: House, raw: httpx.AsyncClient) -> None:
    await act(house, MAJA, deactivate)
    first = await poll(raw, EMPLOYEE_AUTH, maxEvents=1, returnImmediately=True)
    assert (len(first["sets"]), first["moreAvailable"]) == (1, True)
    assert list((await poll(raw, EMPLOYEE_AUTH, maxEvents=1))["sets"]) == list(first["sets"])
    second = await poll(raw, EMPLOYEE_AUTH, maxEvents=1, ack=list(first["sets"]))
    assert (len(second["sets"]), second["moreAvailable"]) == (1, False)
    assert list(second["sets"]) != list(first["sets"])
    refused = {jti: {"err": "invalid_key", "description": "?"} for jti in second["sets"]}
    assert (await poll(raw, EMPLOYEE_AUTH, setErrs=refused))["sets"] == {}
    assert len((await poll(raw, CUSTOMER_AUTH))["sets"]) == 2, "each receiver acknowledges for itself"


async def test_22_one_receiver_cannot_acknowledge_for_another(house: House, raw: httpx.AsyncClient) -> None:
    await act(house, MAJA, deactivate)
    mine = await poll(raw, EMPLOYEE_AUTH)
    await poll(raw, CUSTOMER_AUTH, ack=list(mine["sets"]), maxEvents=0)
    assert len((await poll(raw, EMPLOYEE_AUTH))["sets"]) == 2


@pytest.mark.parametrize("auth", [{}, CRM_AUTH, basic("employee-community", "x" * 43)])
async def test_22_only_our_own_services_may_poll(
    house: House, raw: httpx.AsyncClient, auth: dict[str, str]
) -> None:
    answer = await raw.post("/security-events/poll", json={}, headers=auth)
    assert answer.status_code == 401


@pytest.mark.parametrize("body", ["[", '{"maxEvents": -1}', '{"ack": ["x"]}', '{"setErrs": 1}'])
async def test_a_poll_that_does_not_fit_is_a_400(house: House, raw: httpx.AsyncClient, body: str) -> None:
    answer = await raw.post("/security-events/poll", content=body, headers=EMPLOYEE_AUTH)
    assert (answer.status_code, answer.json()) == (400, {"err": "invalid_request"})


async def test_events_that_everybody_has_are_deleted(house: House, raw: httpx.AsyncClient) -> None:
    await act(house, MAJA, deactivate)
    for auth in (EMPLOYEE_AUTH, CUSTOMER_AUTH):
        await poll(raw, auth, ack=list((await poll(raw, auth))["sets"]))
    caller = Caller(services=house.services, now=house.clock.now(), address="worker")
    async with caller.begin() as visit:
        await service.prune(visit)
    assert await house.fetch("select 1 from security_events") == []
