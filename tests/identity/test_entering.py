"""How many statements a sign-in costs; and that nothing comes between a proof and its session."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import update

from identity_service.accounts.models import Account, PasswordCredential
from identity_service.passwords.service import Verdict
from tests.identity.driver import Browser, House, authorize_url, callback, pending_of
from tests.identity.holders import is_in, set_policy
from tests.identity.test_statements import TRANSACTION, statements

MAJA, TOMAS = "maja@inside.example", "tomas@inside.example"
SESSION = "narrowbridge-identity-staff-8000"
TABLES = ("sessions", "known_devices", "mails")


async def counts(house: House) -> list[int]:
    """Rows of `TABLES`, and how often the log tells of a new session."""
    found = [len(await house.fetch(f"select 1 from {table}")) for table in TABLES]
    return [*found, len(await house.fetch("select 1 from audit_rows where event = 'session.started'"))]


def meanwhile(house: House, monkeypatch: pytest.MonkeyPatch, work: Callable[[], Awaitable[None]]) -> None:
    """Does `work` after the next password was compared, before anything comes of it."""
    verify = house.services.passwords.verify

    async def verified(stored: str | None, password: str) -> Verdict:
        verdict = await verify(stored, password)
        monkeypatch.undo()
        await work()
        return verdict

    monkeypatch.setattr(house.services.passwords, "verify", verified)


async def test_a_sign_in_with_a_password_is_four_statements_without_a_transaction(house: House) -> None:
    known = house.browser()
    for browser in (house.browser(), known):
        await browser.sign_in(MAJA, realm="staff")
    known.http.cookies.delete(SESSION)
    for browser in (house.browser(), known):
        with statements(house) as seen:
            assert is_in(await browser.sign_in(MAJA, realm="staff"))
        assert len(seen) == 4, seen
        assert TRANSACTION not in seen
    assert await counts(house) == [4, 3, 2, 4]


async def test_a_sign_in_for_an_application_needs_no_transaction_either(house: House) -> None:
    browser = house.browser()
    pending = pending_of(await browser.get(authorize_url()))
    with statements(house) as seen:
        assert "code" in callback(await browser.sign_in(MAJA, realm="", pending=pending))
    assert len(seen) == 10, seen
    assert TRANSACTION not in seen


async def test_27_a_wrong_password_costs_the_same_statements_whether_there_is_an_account(
    house: House,
) -> None:
    found = []
    for email in (MAJA, "nobody@inside.example"):
        with statements(house) as seen:
            answer = await house.browser().sign_in(email, realm="staff", password="a guess")
        assert answer.status_code == 422
        assert TRANSACTION not in seen
        found.append(list(seen))
    assert found[0] == found[1]


async def test_many_sign_ins_at_once_are_each_told_once(house: House) -> None:
    await house.browser().sign_in(MAJA, realm="staff")
    browsers = [house.browser(f"192.0.2.{number}") for number in range(10)]
    answers = await asyncio.gather(*(browser.sign_in(MAJA, realm="staff") for browser in browsers))
    assert all(is_in(answer) for answer in answers)
    assert await counts(house) == [11, 11, 10, 11]


async def test_two_people_at_once_in_one_browser_do_not_lock_each_other_out(house: House) -> None:
    browser = house.browser()
    for email in (MAJA, TOMAS):
        await browser.sign_in(email, realm="staff")
    for _ in range(5):
        both = [Browser(house.http()), Browser(house.http())]
        for one in both:
            one.http.cookies.update(browser.http.cookies)
            one.http.cookies.delete(SESSION)
        answers = await asyncio.gather(
            *(one.sign_in(email, realm="staff") for one, email in zip(both, (MAJA, TOMAS), strict=True))
        )
        assert all(is_in(answer) for answer in answers)
        browser = both[1]


async def test_22_an_account_that_is_shut_while_its_password_is_compared_gets_no_session(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(house, monkeypatch, lambda: house.deactivate(MAJA))
    answer = await house.browser().sign_in(MAJA, realm="staff")
    assert answer.status_code == 409
    assert "Sign in again" in answer.text
    assert await counts(house) == [0, 0, 0, 0]


@pytest.mark.parametrize("owes_second", [False, True])
async def test_a_password_that_is_replaced_while_it_is_compared_opens_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch, owes_second: bool
) -> None:
    await set_policy(house, "staff", requires_mfa=owes_second)

    async def replace() -> None:
        await house.execute("update password_credentials set password_hash = 'another'")

    meanwhile(house, monkeypatch, replace)
    answer = await house.browser().sign_in(MAJA, realm="staff")
    assert answer.status_code == 409
    assert await counts(house) == [0, 0, 0, 0]
    assert not await house.fetch("select 1 from unfinished_sign_ins")


@pytest.mark.parametrize(
    "change",
    [
        update(Account).values(deactivated_at=Account.created_at),
        update(PasswordCredential).values(password_hash="another"),
    ],
    ids=["shut", "another password"],
)
async def test_whoever_changes_an_account_first_is_waited_for(house: House, change: object) -> None:
    async with house.services.database.transaction() as session:
        await session.execute(change)  # type: ignore[call-overload] # either statement
        signing_in = asyncio.create_task(house.browser().sign_in(MAJA, realm="staff"))
        await asyncio.sleep(0.5)
        assert not signing_in.done(), "it waits for who came first"
    assert (await signing_in).status_code == 409
    assert await counts(house) == [0, 0, 0, 0]
