"""Whoever ends sessions ends those, too, that begin at the same moment."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select

from identity_service.accounts.models import Account
from identity_service.admin.access import Admin
from identity_service.admin.people import service as people
from identity_service.factors import service as factors
from identity_service.grants import service as grants
from identity_service.lifecycle import service as lifecycle
from identity_service.sign_in import second_pages
from identity_service.visit import Visit
from tests.identity.driver import House
from tests.identity.holders import caller_of, is_in, second
from tests.identity.test_factors import MAJA, app_of

End = Callable[[Visit, Account], Awaitable[None]]
LIVE = (
    "select 1 from sessions join accounts on accounts.id = account_id where ended_at is null and email = $1"
)
HALF_DONE = "select 1 from unfinished_sign_ins"


async def shut(visit: Visit, account: Account) -> None:
    await lifecycle.deactivate(visit, account, because="test", by="test")


async def end_all(visit: Visit, account: Account) -> None:
    await grants.end_all_sessions(visit, account, because="test")


async def reset(visit: Visit, account: Account) -> None:
    """By an administrator: any other account does here."""
    other = await visit.session.scalar(select(Account).where(Account.id != account.id).limit(1))
    assert other is not None
    await people.reset_factors(Admin(visit, other, visit.now, []), account)


async def ended(house: House, end: End) -> None:
    async with caller_of(house).begin() as visit:
        await end(visit, await visit.session.get_one(Account, house.subs[MAJA]))


def meanwhile(house: House, monkeypatch: pytest.MonkeyPatch, end: End, module: Any, name: str) -> list[Any]:
    """Begins to `end` Maja's sessions when `name` is next called, and goes on while that is under way."""
    plain, tasks = getattr(module, name), []

    async def slowly(*given: Any, **more: Any) -> Any:
        monkeypatch.undo()
        tasks.append(asyncio.create_task(ended(house, end)))
        await asyncio.sleep(0.3)
        return await plain(*given, **more)

    monkeypatch.setattr(module, name, slowly)
    return tasks


@pytest.mark.parametrize("end", [shut, end_all, reset])
async def test_22_no_second_factor_outlives_the_end_of_all_sessions(
    house: House, monkeypatch: pytest.MonkeyPatch, end: End
) -> None:
    """The one waited for the other for ever, or overlooked it."""
    holder = await app_of(house)
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    tasks = meanwhile(house, monkeypatch, end, factors, "check_code")
    assert is_in(await second(browser, holder.code()))
    await tasks[0]
    assert not await house.fetch(LIVE, MAJA)


@pytest.mark.parametrize("end", [shut, end_all])
async def test_30_no_step_up_outlives_the_end_of_all_sessions(
    house: House, monkeypatch: pytest.MonkeyPatch, end: End
) -> None:
    """Else a stolen session, ended while it asks, could still set up a first factor and come back."""
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    tasks = meanwhile(house, monkeypatch, end, second_pages, "ask_for_second")
    await browser.get("/sign-in/step-up?realm=staff&next=/account/password")
    await tasks[0]
    assert not await house.fetch(HALF_DONE)
