"""PostgreSQL may close connections at any time: whoever comes next gets new ones. Nothing waits for ever."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import select, text
from structlog.testing import capture_logs

from shared.db import pool
from shared.db.engine import Database, TimeLimits
from shared.db.failures import DatabaseAway, is_away, is_lost
from shared.db.outbox import OutboxRow
from shared.db.query import Query
from shared.jobs.worker import Job, Worker
from shared.kernel.clock import MemoryClock
from tests.fixtures.databases import World
from tests.jobs.conftest import ring

ROWS = Query(select(OutboxRow.id))


async def end_all(world: World, database: Database) -> None:
    """What a restart of PostgreSQL does to those who are connected."""
    admin = await asyncpg.connect(world.server.admin_url)
    try:
        await admin.fetch(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1",
            database.url.database,
        )
    finally:
        await admin.close()
    await asyncio.sleep(0.2)


async def fill_pools(database: Database) -> None:
    """Opens every connection that the pools may have."""

    async def hold(transaction: object) -> None:
        async with transaction as session:  # type: ignore[attr-defined] # either kind
            await session.execute(text("select pg_sleep(0.1)"))

    await asyncio.gather(*(hold(database.transaction()) for _ in range(4)))
    await asyncio.gather(*(hold(database.apart()) for _ in range(3)))
    await asyncio.gather(*(database.reader.all(ROWS) for _ in range(4)))


async def test_writing_and_reading_go_on(database: Database, clock: MemoryClock, world: World) -> None:
    await fill_pools(database)
    await end_all(world, database)
    for number in range(5):
        await ring(database, clock, number)
    for _ in range(4):
        async with database.apart() as session:
            await session.execute(text("select 1"))
    assert len(await database.reader.all(ROWS)) == 5


async def test_one_that_is_lost_in_a_transaction_harms_no_other(
    database: Database, clock: MemoryClock, world: World
) -> None:
    async def interrupted() -> None:
        async with database.transaction() as session:
            await session.execute(text("select 1"))
            await end_all(world, database)
            await session.execute(text("select 1"))

    with pytest.raises(Exception) as lost:
        await interrupted()
    assert is_lost(lost.value)
    await ring(database, clock, 1)


async def test_a_worker_goes_on(database: Database, clock: MemoryClock, world: World) -> None:
    done = 0
    again = asyncio.Event()

    async def run() -> int:
        nonlocal done
        await ring(database, clock, done)
        done += 1
        again.set()
        return 0

    worker = Worker(database, [Job("ring", run, every=0.05)])
    task = asyncio.create_task(worker.run())
    try:
        async with asyncio.timeout(10):
            await again.wait()
            await end_all(world, database)
            again.clear()
            await again.wait()
    finally:
        worker.stop()
        await task


@pytest.fixture
async def hurried(world: World, community: str) -> AsyncIterator[Database]:
    urls = await world.database(community)
    database = Database(urls.app, pool_size=1, time_limits=TimeLimits(statement=0.5, lock=0.1, idle=0.3))
    await database.open()
    yield database
    await database.close()


async def _run(database: Database, *statements: str) -> None:
    async with database.transaction() as session:
        for statement in statements:
            await session.execute(text(statement))


async def test_a_statement_has_an_end(hurried: Database) -> None:
    with pytest.raises(Exception) as ended:  # SQLAlchemy's, around the driver's
        await _run(hurried, "select pg_sleep(5)")
    assert is_away(ended.value)
    assert not is_lost(ended.value)


async def test_a_read_has_an_end(hurried: Database) -> None:
    slow = Query(select(text("pg_sleep(5)")))
    with pytest.raises(asyncpg.QueryCanceledError):
        await hurried.reader.all(slow)


async def test_a_wait_for_a_lock_has_an_end(hurried: Database, database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(text("lock table outbox in access exclusive mode"))
        with pytest.raises(Exception) as ended:  # SQLAlchemy's, around the driver's
            await _run(hurried, "select 1 from outbox")
    assert is_away(ended.value)


async def test_a_transaction_that_says_nothing_has_an_end(hurried: Database) -> None:
    async def idle() -> None:
        async with hurried.transaction() as session:
            await session.execute(text("select 1"))
            await asyncio.sleep(0.8)
            await session.execute(text("select 1"))

    with pytest.raises(Exception) as ended:  # which one depends on the moment
        await idle()
    assert is_lost(ended.value)
    await _run(hurried, "select 1")


async def test_nobody_waits_for_a_connection_for_ever(
    hurried: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "WAIT_FOR", 0.05)
    slow = asyncio.create_task(hurried.reader.all(Query(select(text("pg_sleep(0.3)")))))
    await asyncio.sleep(0.05)
    with pytest.raises(DatabaseAway):
        await hurried.reader.all(ROWS)
    await slow
    assert await hurried.reader.all(ROWS) == []


@pytest.mark.parametrize("statement", ["select no_such_column", "selec 1"])
async def test_a_wrong_statement_is_no_lost_connection(database: Database, statement: str) -> None:
    with pytest.raises(Exception) as wrong:  # SQLAlchemy's, around the driver's
        await _run(database, statement)
    assert not is_away(wrong.value)


async def test_a_job_with_a_wrong_statement_leaves_its_trace(database: Database) -> None:
    ran = asyncio.Event()

    async def run() -> int:
        if ran.is_set():
            again.set()
        ran.set()
        await _run(database, "select no_such_column")
        return 0

    again = asyncio.Event()

    worker = Worker(database, [Job("wrong", run, every=0.01)])
    with capture_logs() as logs:
        task = asyncio.create_task(worker.run())
        async with asyncio.timeout(10):
            await again.wait()
        worker.stop()
        await task
    entry = next(entry for entry in logs if entry.get("job") == "wrong")
    assert entry["log_level"] == "error"
    assert entry["exc_info"] is not None
