"""Signing in from a community, the whole way."""

import asyncio

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from identity_service.passwords.service import Verdict
from shared.oidc import RelyingParty
from tests.identity.driver import (
    CUSTOMER,
    EMPLOYEE,
    ISSUER,
    House,
    authorize_url,
    payload,
    pending_of,
    signed_in,
)


async def test_staff_sign_in_from_their_community(house: House, employee: RelyingParty) -> None:
    tokens = await signed_in(house, employee, "maja@inside.example", realm="staff", resource=EMPLOYEE)
    claims = await house.verifier(EMPLOYEE).verify(tokens.access_token)

    assert claims.sub == house.subs["maja@inside.example"]
    assert (claims.realm, claims.name) == ("staff", "Maja")
    assert claims.roles == {"community_manager"}
    assert claims.allows("community:read", "community:write", "openid")
    assert claims.sid == tokens.id_claims["sid"]
    assert tokens.refresh_token


async def test_one_sign_in_opens_the_other_community_too(
    house: House, employee: RelyingParty, customer: RelyingParty
) -> None:
    browser = house.browser()
    await signed_in(house, employee, "maja@inside.example", realm="staff", resource=EMPLOYEE, browser=browser)
    request = await customer.begin(scope="openid community:read", resource=CUSTOMER, realm="staff")
    tokens = await customer.complete(await browser.authorize(request), request)

    assert payload(tokens.access_token)["realm"] == "staff"
    assert payload(tokens.access_token)["aud"] == CUSTOMER


async def test_a_partners_person_has_the_role_partner(house: House, customer: RelyingParty) -> None:
    tokens = await signed_in(house, customer, "priya@outside.example", realm="customer", resource=CUSTOMER)
    assert payload(tokens.access_token)["roles"] == ["partner"]


async def test_a_crowd_that_signs_in_starves_nobody(
    house: House, employee: RelyingParty, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No connection is held while argon2 runs: there are ten, and thirty people wait for it at once."""
    tokens = await signed_in(house, employee, "maja@inside.example", realm="staff", resource=EMPLOYEE)
    passwords, waiting, opened = house.services.passwords, asyncio.Semaphore(0), asyncio.Event()
    verify = passwords.verify

    async def verify_once_opened(stored: str | None, password: str) -> Verdict:
        waiting.release()
        await opened.wait()
        return await verify(stored, password)

    async def come(number: int) -> int:
        browser = house.browser(f"203.0.113.{number}")
        pending = pending_of(await browser.get(authorize_url()))
        return (await browser.sign_in("maja@inside.example", realm="staff", pending=pending)).status_code

    monkeypatch.setattr(passwords, "verify", verify_once_opened)
    crowd = asyncio.gather(*(come(number) for number in range(30)))
    async with asyncio.timeout(60):
        for _ in range(30):
            await waiting.acquire()
        fresh = await employee.refresh(str(tokens.refresh_token))
    assert fresh.access_token
    assert {name: used for name, (_, used) in house.services.database.pools().items() if used} == {}
    opened.set()
    assert await crowd == [303] * 30


async def test_what_was_written_is_committed_before_the_answer_leaves(house: House) -> None:
    found: list[int] = []

    async def watching(scope: Scope, receive: Receive, send: Send) -> None:
        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                found.append(len(await house.fetch("select 1 from pending_requests")))
            await send(message)

        await house.app(scope, receive, watched)

    transport = httpx.ASGITransport(app=watching)
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as http:
        await http.get(authorize_url())
        await http.get(authorize_url())
    assert found == [1, 2]


async def test_the_front_leads_to_where_one_is_signed_in(house: House) -> None:
    browser = house.browser()
    asked = await browser.get("/")
    assert asked.status_code == 200
    assert all(f'href="/sign-in?realm={realm}"' in asked.text for realm in ("customer", "staff"))
