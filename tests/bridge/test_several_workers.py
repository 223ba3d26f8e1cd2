"""One bad message holds up no other, and two workers do not undo each other's steps."""

from typing import Any

import pytest

from customer_service.sharing.inbox import FAILED, MAX_ATTEMPTS
from employee_service.desk.jobs import DeskWork
from shared.kernel.clock import SystemClock
from tests.bridge.conftest import Outside
from tests.bridge.inside import Inside
from tests.bridge.test_desk import shared_ref

STATE = "select cursor, owes_ack from desk_feed"


async def test_a_message_that_breaks_is_given_up_at_last(outside: Outside, inside: Inside) -> None:
    ref = await shared_ref(outside, inside)
    for body in ("One.", "Two."):
        await inside.answer(ref, body)
    await inside.work()
    await outside.sql(
        "update bridge_in.messages set payload = '{}' where id ="
        " (select id from bridge_in.messages order by arrived_at, id limit 1)"
    )
    await outside.work()
    rows = await outside.sql("select outcome, attempts from bridge_in.messages order by arrived_at, id")
    assert [tuple(row) for row in rows] == [(None, 1), ("applied", 0)]
    await outside.work()
    rows = await outside.sql("select attempts from bridge_in.messages where outcome is null")
    assert [row["attempts"] for row in rows] == [1], "not before it is due again"
    await outside.sql(
        "update bridge_in.messages set due_at = now(), attempts = $1 where outcome is null", MAX_ATTEMPTS - 1
    )
    await outside.work()
    rows = await outside.sql("select outcome from bridge_in.messages where payload = '{}'")
    assert [row["outcome"] for row in rows] == [FAILED]


def desk(inside: Inside) -> DeskWork:
    return DeskWork(inside.database, SystemClock(), inside.gateway)


async def withdrawn(outside: Outside, inside: Inside) -> None:
    """The inside has followed the feed, and something new waits there that it has to confirm."""
    await shared_ref(outside, inside)
    await outside.work()
    await inside.work()
    await outside.withdraw()
    await outside.work()


async def meanwhile(inside: Inside, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    """Has another worker go on, to where it owes a confirmation, while this one is calling `method`."""
    original = getattr(inside.gateway, method)

    async def overtaken(*args: Any, **kwargs: Any) -> Any:
        crossing = await original(*args, **kwargs)
        await inside.sql("update desk_feed set cursor = 'later', owes_ack = true")
        return crossing

    monkeypatch.setattr(inside.gateway, method, overtaken)


@pytest.mark.parametrize("method", ["acknowledge", "changes"])
async def test_a_step_of_another_worker_is_not_undone(
    outside: Outside, inside: Inside, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    await withdrawn(outside, inside)
    await meanwhile(inside, monkeypatch, method)
    work = desk(inside)
    await work._follow(0)
    if method == "acknowledge":
        await work._confirm()
    assert [tuple(row) for row in await inside.sql(STATE)] == [("later", True)]


async def test_one_worker_follows_at_a_time(outside: Outside, inside: Inside) -> None:
    await withdrawn(outside, inside)
    before = await inside.sql(STATE)
    async with inside.database.alone("desk feed") as is_alone:
        assert is_alone
        assert await desk(inside).follow(wait=0) == 0
        assert await inside.sql(STATE) == before
    assert await desk(inside).follow(wait=0) > 0
