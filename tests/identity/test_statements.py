"""How many statements a token costs; and that what is remembered of clients is not believed any longer."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import event, update

from identity_service.app import create_app
from identity_service.grants.models import Grant
from identity_service.sealing import hashed
from tests.identity.conftest import settings_for
from tests.identity.driver import (
    BRIDGE,
    CRM_AUTH,
    CUSTOMER,
    EMPLOYEE_AUTH,
    Browser,
    House,
    authorize_url,
    basic,
)
from tests.identity.test_token_endpoint import CALLBACK, MAJA, a_code, code_form, post

MACHINE = {"grant_type": "client_credentials", "resource": BRIDGE}
TRANSACTION = "a transaction"


@contextmanager
def statements(house: House) -> Iterator[list[str]]:
    """Statements of the block; a transaction counts as one more, with whatever the ORM does in it."""
    database, seen = house.services.database, list[str]()

    def begun(*_: Any) -> None:
        seen.append(TRANSACTION)

    engine = database.engine.sync_engine
    event.listen(engine, "checkout", begun)
    database.observe = seen.append
    try:
        yield seen
    finally:
        database.observe = None
        event.remove(engine, "checkout", begun)


def refresh_form(token: str) -> dict[str, str]:
    return {"grant_type": "refresh_token", "refresh_token": token}


async def signed_in_tokens(house: House, raw: httpx.AsyncClient) -> dict[str, Any]:
    answer = await post(raw, code_form(await a_code(house)))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def of_crm(raw: httpx.AsyncClient, auth: dict[str, str] = CRM_AUTH, **changes: str) -> int:
    return (await post(raw, MACHINE | changes, auth)).status_code


async def told(house: House) -> int:
    rows = await house.fetch("select 1 from audit_rows where event = 'token.issued'")
    return len(rows)


async def test_a_token_for_a_client_itself_is_one_statement_that_tells_of_it(
    house: House, raw: httpx.AsyncClient
) -> None:
    await post(raw, MACHINE, CRM_AUTH)
    with statements(house) as seen:
        answer = await post(raw, MACHINE | {"scope": "bridge:read"}, CRM_AUTH)
    assert answer.status_code == 200, answer.text
    assert len(seen) == 1, seen
    assert TRANSACTION not in seen
    rows = await house.fetch("select * from audit_rows where event = 'token.issued' order by number")
    assert [(row["actor"], row["client_id"], row["result"]) for row in rows] == [
        ("client:demo-crm", "demo-crm", "done")
    ] * 2
    assert rows[1]["details"] == {"audience": BRIDGE, "scope": "bridge:read"}


async def test_many_at_a_time_share_their_statements(house: House, raw: httpx.AsyncClient) -> None:
    await post(raw, MACHINE, CRM_AUTH)
    with statements(house) as seen:
        answers = await asyncio.gather(*(post(raw, MACHINE, CRM_AUTH) for _ in range(30)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["access_token"] for answer in answers}) == 30
    assert len(seen) < 15, seen
    assert await told(house) == 31


async def test_a_silent_sign_in_is_one_statement_for_the_code_and_one_for_the_tokens(
    house: House, raw: httpx.AsyncClient
) -> None:
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    code = await a_code(house, browser)
    await post(raw, code_form(code))
    with statements(house) as seen:
        code = await a_code(house, browser)
    assert len(seen) == 1, seen
    assert TRANSACTION not in seen
    with statements(house) as seen:
        assert (await post(raw, code_form(code))).status_code == 200
    assert len(seen) == 1, seen
    assert TRANSACTION not in seen


async def test_a_refresh_is_one_statement_and_one_more_a_minute_for_the_session(
    house: House, raw: httpx.AsyncClient
) -> None:
    token = (await signed_in_tokens(house, raw))["refresh_token"]
    for expected, later in ((1, timedelta()), (2, timedelta(seconds=61)), (1, timedelta(seconds=5))):
        house.clock.advance(later)
        with statements(house) as seen:
            answer = await post(raw, refresh_form(token))
        assert answer.status_code == 200, answer.text
        assert len(seen) == expected, seen
        assert TRANSACTION not in seen
        token = answer.json()["refresh_token"]


async def test_userinfo_and_a_pushed_request_need_no_transaction(
    house: House, raw: httpx.AsyncClient
) -> None:
    access = (await signed_in_tokens(house, raw))["access_token"]
    with statements(house) as seen:
        answer = await raw.get("/oauth/userinfo", headers={"Authorization": f"Bearer {access}"})
    assert answer.status_code == 200
    assert len(seen) == 1, seen
    assert TRANSACTION not in seen


async def test_a_client_that_is_switched_off_gets_nothing_from_a_process_that_remembers_it(
    house: House, raw: httpx.AsyncClient
) -> None:
    tokens, code = await signed_in_tokens(house, raw), await a_code(house)
    assert await of_crm(raw) == 200
    await house.execute("update clients set disabled_at = now()")
    assert await of_crm(raw) == 401
    assert (await post(raw, refresh_form(tokens["refresh_token"]))).status_code == 401
    assert (await post(raw, code_form(code))).status_code == 401
    asked = {"token": tokens["access_token"]}
    assert (await raw.post("/oauth/introspect", data=asked, headers=EMPLOYEE_AUTH)).status_code == 401
    assert (await raw.get(authorize_url())).status_code == 400
    assert await told(house) == 1
    await house.execute("update clients set disabled_at = null")
    assert await of_crm(raw) == 200
    assert (await post(raw, code_form(code))).status_code == 200


async def test_a_secret_that_was_changed_elsewhere_counts_at_once(
    house: House, raw: httpx.AsyncClient
) -> None:
    new = basic("demo-crm", "n" * 43)
    assert (await of_crm(raw), await of_crm(raw, new)) == (200, 401)
    await house.execute("update clients set secret_hash = $1 where id = 'demo-crm'", hashed("n" * 43))
    assert (await of_crm(raw), await of_crm(raw, new)) == (401, 200)
    assert (await of_crm(raw, new), await of_crm(raw)) == (200, 401)


async def test_what_a_client_may_have_from_now_on_it_gets_at_once(
    house: House, raw: httpx.AsyncClient
) -> None:
    assert await of_crm(raw, scope="bridge:reply") == 400
    await house.execute("update clients set machine_scopes = '{bridge:reply}' where id = 'demo-crm'")
    assert await of_crm(raw, scope="bridge:reply") == 200
    assert await of_crm(raw, scope="bridge:read") == 400


async def test_two_processes_see_the_same_client(house: House, raw: httpx.AsyncClient) -> None:
    other = create_app(settings_for(house.urls.app), clock=house.clock)
    async with other.router.lifespan_context(other):
        transport = httpx.ASGITransport(app=other, client=("192.0.2.9", 1))
        async with httpx.AsyncClient(transport=transport, base_url=str(raw.base_url)) as beside:
            assert (await of_crm(raw), await of_crm(beside)) == (200, 200)
            await house.execute("update clients set disabled_at = now() where id = 'demo-crm'")
            assert (await of_crm(raw), await of_crm(beside)) == (401, 401)


async def test_a_client_that_is_gone_and_made_anew_is_another_one(
    house: House, raw: httpx.AsyncClient
) -> None:
    assert await of_crm(raw) == 200
    await house.execute("update clients set id = 'elsewhere' where id = 'demo-crm'")
    assert await of_crm(raw) == 401
    changed = "update clients set id = 'demo-crm', secret_hash = $1 where id = 'elsewhere'"
    await house.execute(changed, hashed("n" * 43))
    assert (await of_crm(raw), await of_crm(raw, basic("demo-crm", "n" * 43))) == (401, 200)


async def test_whoever_ends_a_grant_first_leaves_nothing_to_a_refresh_under_way(
    house: House, raw: httpx.AsyncClient
) -> None:
    token = (await signed_in_tokens(house, raw))["refresh_token"]
    async with house.services.database.transaction() as session:
        await session.execute(update(Grant).values(revoked_at=house.clock.now(), revoked_because="test"))
        refreshing = asyncio.create_task(post(raw, refresh_form(token)))
        await asyncio.sleep(0.5)
        assert not refreshing.done(), "it waits for who came first"
    answer = await refreshing
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert [row["used_at"] for row in await house.fetch("select used_at from refresh_tokens")] == [None]


@pytest.mark.parametrize(
    "wrong", [{"code_verifier": "x" * 43}, {"redirect_uri": f"{CALLBACK}/"}, {"resource": CUSTOMER}]
)
async def test_who_shows_a_code_wrongly_has_not_used_it_up(
    house: House, raw: httpx.AsyncClient, wrong: dict[str, str]
) -> None:
    code = await a_code(house)
    for _ in range(2):
        assert (await post(raw, code_form(code, **wrong))).status_code == 400
    assert (await post(raw, code_form(code))).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"scope": "community:read identity:admin"}, "invalid_scope"),
        ({"resource": CUSTOMER}, "invalid_target"),
    ],
)
async def test_who_refreshes_wrongly_has_not_used_the_token_up(
    house: House, raw: httpx.AsyncClient, wrong: dict[str, str], error: str
) -> None:
    token = (await signed_in_tokens(house, raw))["refresh_token"]
    refused = await post(raw, refresh_form(token) | wrong)
    assert (refused.status_code, refused.json()["error"]) == (400, error)
    assert [row["used_at"] for row in await house.fetch("select used_at from refresh_tokens")] == [None]
    assert (await post(raw, refresh_form(token))).status_code == 200


@pytest.mark.parametrize(
    "ending",
    [
        "update sessions set ended_at = now()",
        "update sessions set expires_at = created_at",
        "update sessions set seen_at = seen_at - interval '30 days'",
        "update accounts set deactivated_at = now()",
        "update clients set realms = '{customer}' where id = 'employee-community'",
    ],
)
async def test_no_code_is_given_in_silence_once_its_ground_is_gone(
    house: House, raw: httpx.AsyncClient, ending: str
) -> None:
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    assert (await post(raw, code_form(await a_code(house, browser)))).status_code == 200
    await house.execute(ending)
    answer = await browser.get(authorize_url())
    assert "code=" not in answer.headers.get("location", "")
    assert len(await house.fetch("select 1 from grants")) == 1


async def test_a_browser_that_brings_the_other_realm_s_cookie_is_not_signed_in(house: House) -> None:
    browser: Browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    names = {name: value for name, value in browser.http.cookies.items() if "staff" in name}
    secret = next(value for name, value in names.items() if "device" not in name)
    async with house.http() as http:
        http.cookies.set("narrowbridge-identity-customer-8000", secret)
        assert (await http.get(authorize_url())).headers["location"].startswith("/sign-in")
