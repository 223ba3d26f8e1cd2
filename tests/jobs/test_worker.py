"""The loop around the jobs: woken by the database, stopped by a signal, not stopped by a failure."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from shared.db.engine import Database
from shared.db.outbox import CHANNEL
from shared.jobs import worker
from shared.jobs.worker import Job, Worker
from shared.kernel.clock import MemoryClock
from tests.fixtures.databases import World
from tests.jobs.conftest import ring
from tests.tools.house import COMPOSITIONS


@asynccontextmanager
async def running(database: Database, *jobs: Job) -> AsyncIterator[asyncio.Task[None]]:
    """A worker in this process, told to stop at the end."""
    made = Worker(database, jobs)
    task = asyncio.create_task(made.run())
    try:
        yield task
    finally:
        made.stop()
        await task


async def eventually(what: asyncio.Event, seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        await what.wait()


async def test_the_database_wakes_a_job(world: World, database: Database, clock: MemoryClock) -> None:
    called, runs = asyncio.Event(), []

    async def run() -> int:
        runs.append(1)
        called.set()
        return 0

    async with running(database, Job("bell", run, every=3600, channel=CHANNEL)):
        await eventually(called)
        await _listening(world, database)
        await asyncio.sleep(0.2)
        before = len(runs)
        called.clear()
        await ring(database, clock, 1)
        await eventually(called)
        assert len(runs) > before


LISTENING = "from pg_stat_activity where query like 'LISTEN%' and datname = $1"


async def _listening(world: World, database: Database) -> None:
    """Until the worker's own connection has said LISTEN; only a superuser sees what others do."""
    admin = await asyncpg.connect(world.server.admin_url)
    try:
        async with asyncio.timeout(10):
            while True:
                if await admin.fetchval(f"select count(*) {LISTENING}", database.url.database):
                    return
                await asyncio.sleep(0.05)
    finally:
        await admin.close()


async def test_a_lost_connection_is_made_again(
    database: Database, clock: MemoryClock, world: World, community: str
) -> None:
    called = asyncio.Event()

    async def run() -> int:
        called.set()
        return 0

    async with running(database, Job("bell", run, every=3600, channel=CHANNEL)):
        await eventually(called)
        await _listening(world, database)
        await asyncio.sleep(0.2)
        called.clear()
        admin = await asyncpg.connect(world.server.admin_url)
        await admin.fetch(f"select pg_terminate_backend(pid) {LISTENING}", database.url.database)
        await admin.close()
        await eventually(called)


async def test_a_job_that_breaks_is_run_again_and_holds_up_no_other(database: Database) -> None:
    tries, others = [], []
    enough = asyncio.Event()

    async def breaks() -> int:
        tries.append(1)
        if len(tries) == 3:
            enough.set()
        raise RuntimeError

    async def works() -> int:
        others.append(1)
        return 0

    async with running(database, Job("a", breaks, every=0.01), Job("b", works, every=0.01)):
        await eventually(enough)
    assert others


async def test_a_job_with_more_to_do_is_not_kept_waiting(database: Database) -> None:
    left, done = [5], asyncio.Event()

    async def run() -> int:
        left[0] -= 1
        if left[0] == 0:
            done.set()
        return max(left[0], 0)

    async with running(database, Job("batches", run, every=3600)):
        await eventually(done)


async def test_what_does_not_end_is_ended(database: Database) -> None:
    started, ended = asyncio.Event(), asyncio.Event()

    async def run() -> int:
        started.set()
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()
        return 0

    async with running(database, Job("long", run)):
        await eventually(started)
    assert ended.is_set()
    assert worker.STOP_WITHIN < 2


async def test_a_worker_process_stops_when_told(world: World, community: str) -> None:
    urls = await world.database(community)
    composition = COMPOSITIONS[community]
    environment = {**os.environ, **composition.environment(urls.app)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"{community}_service", "worker", env=environment, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    async with asyncio.timeout(60):
        while b"working" not in (line := await process.stderr.readline()):
            assert line, "it ended by itself"
        process.send_signal(signal.SIGTERM)
        told = time.monotonic()
        await process.stderr.read()
        assert await process.wait() == 0
    assert time.monotonic() - told < 10, "2 seconds on a machine with nothing else to do"
