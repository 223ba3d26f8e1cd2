"""Events leave the outbox once, with what their handlers did, and come again when a handler failed."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import outbox
from shared.db.engine import Database
from shared.db.outbox import Delivery, OutboxRow
from shared.jobs.relay import MAX_BACKOFF, Relay
from shared.kernel.clock import MemoryClock
from shared.kernel.ids import new_id
from shared.tools.spaces.models import Group
from tests.jobs.conftest import Ignored, Rang, ring


class Bell:
    """A handler that writes a row, and fails when told to."""

    def __init__(self) -> None:
        self.heard: list[Delivery] = []
        self.broken: set[int] = set()

    async def __call__(self, session: AsyncSession, delivery: Delivery) -> None:
        self.heard.append(delivery)
        number = delivery.payload["number"]
        group = {"id": new_id(), "slug": f"rang-{number}", "name": "x"}
        await session.execute(insert(Group).values(created_at=text("now()"), **group))
        if number in self.broken:
            raise RuntimeError("secret words")

    @property
    def numbers(self) -> list[int]:
        return [delivery.payload["number"] for delivery in self.heard]


async def groups(database: Database) -> list[str]:
    async with database.transaction() as session:
        found = await session.scalars(select(Group.slug).where(Group.slug.like("rang-%")))
        return sorted(found)


async def waiting(database: Database) -> list[OutboxRow]:
    async with database.transaction() as session:
        return list(await session.scalars(select(OutboxRow).order_by(OutboxRow.id)))


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def relay(database: Database, clock: MemoryClock, bell: Bell) -> Relay:
    return Relay(database, clock, {Rang.name: bell}, ignored=[Ignored.name, Rang.name])


async def test_each_goes_once_in_order(
    database: Database, clock: MemoryClock, relay: Relay, bell: Bell
) -> None:
    await ring(database, clock, 1, 2, 3)
    assert await relay.run() == 3
    assert await relay.run() == 0
    assert bell.numbers == [1, 2, 3]
    assert await groups(database) == ["rang-1", "rang-2", "rang-3"]
    assert await waiting(database) == []


async def test_what_was_rolled_back_was_never_said(
    database: Database, clock: MemoryClock, relay: Relay
) -> None:
    async def fails() -> None:
        async with database.transaction() as session:
            await outbox.append(session, Rang(1), now=clock.now())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fails()
    assert await relay.run() == 0


async def test_a_failure_undoes_the_handlers_work_and_comes_again_later(
    database: Database, clock: MemoryClock, relay: Relay, bell: Bell
) -> None:
    await ring(database, clock, 1, 2)
    bell.broken = {1}
    await relay.run()
    assert bell.numbers == [1, 2], "one that fails does not hold up the next"
    assert await groups(database) == ["rang-2"], "handler and removal are one transaction"
    (row,) = await waiting(database)
    assert (row.attempts, row.last_error) == (1, "RuntimeError")
    assert await relay.run() == 0, "not before its time"
    waits = []
    for _ in range(12):
        (row,) = await waiting(database)
        waits.append(row.available_at - clock.now())
        clock.at = row.available_at
        await relay.run()
    assert waits[:4] == [timedelta(seconds=2**n) for n in (1, 2, 3, 4)]
    assert waits[-1] == MAX_BACKOFF
    bell.broken = set()
    clock.advance(MAX_BACKOFF)
    await relay.run()
    assert await groups(database) == ["rang-1", "rang-2"]
    assert await waiting(database) == []
    assert len({d.id for d in bell.heard if d.payload["number"] == 1}) == 1, "the id tells attempts apart"
    assert bell.heard[-1].attempts == 14


async def test_several_relays_share_the_work(database: Database, clock: MemoryClock, bell: Bell) -> None:
    await ring(database, clock, *range(20))
    relays = [Relay(database, clock, {Rang.name: bell}) for _ in range(3)]
    await asyncio.gather(*(relay.run() for relay in relays))
    assert sorted(bell.numbers) == list(range(20))
    assert len(await groups(database)) == 20


async def test_what_nobody_listens_to_is_dropped(
    database: Database, clock: MemoryClock, relay: Relay, bell: Bell
) -> None:
    async with database.transaction() as session:
        await outbox.append(session, Ignored(1), now=clock.now())
    await ring(database, clock, 1)
    assert await relay.run() == 2
    assert bell.numbers == [1]
    assert await waiting(database) == []


async def test_what_a_newer_release_says_is_left_to_its_worker_for_a_day(
    database: Database, clock: MemoryClock, bell: Bell
) -> None:
    async with database.transaction() as session:
        await outbox.append(session, Ignored(1), now=clock.now())
    old = Relay(database, clock, {Rang.name: bell})
    clock.advance(timedelta(hours=23))
    assert await old.run() == 0
    assert len(await waiting(database)) == 1
    clock.advance(timedelta(hours=2))
    assert await old.run() == 1
    assert await waiting(database) == []
