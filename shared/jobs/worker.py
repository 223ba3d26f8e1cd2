"""The worker loop of one database: jobs that run on a rhythm, and at once when the database calls."""

import asyncio
import itertools
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from shared.db.engine import Database
from shared.db.failures import is_away
from shared.db.listener import listen

log = structlog.get_logger("worker")

STOP_WITHIN = 1.5
"""Seconds that what is running has, once the worker is told to stop."""


@dataclass(frozen=True, slots=True)
class Job:
    """`run` does a batch and returns how much it did; it is called again at once until that is 0.

    `every` is in seconds. `channel` is a PostgreSQL notification that wakes the job earlier.
    """

    name: str
    run: Callable[[], Awaitable[int]]
    every: float = 5.0
    channel: str | None = None


class Worker:
    def __init__(self, database: Database, jobs: Sequence[Job]) -> None:
        self.database = database
        self.jobs = jobs
        self._wake: dict[str, list[asyncio.Event]] = {}
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Until SIGINT or SIGTERM. What is running is finished first, if it takes no more than a moment."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop)
        tasks: list[asyncio.Task[None]] = []
        for job in self.jobs:
            wake = asyncio.Event()
            if job.channel:
                self._wake.setdefault(job.channel, []).append(wake)
            tasks.append(asyncio.create_task(self._repeat(job, wake)))
        log.info("working", jobs=[job.name for job in self.jobs])
        listening = asyncio.create_task(listen(self.database.url, self._wake, self._heard))
        await self._stop.wait()
        _, late = await asyncio.wait(tasks, timeout=STOP_WITHIN)
        for task in (*late, listening):
            task.cancel()
        await asyncio.gather(*late, listening, return_exceptions=True)

    def stop(self) -> None:
        self._stop.set()

    async def _repeat(self, job: Job, wake: asyncio.Event) -> None:
        while not self._stop.is_set():
            wake.clear()
            try:
                done = await job.run()
            except Exception as error:
                if is_away(error):
                    log.warning("job failed", job=job.name, error=type(error).__name__)
                else:
                    log.error("job broke", job=job.name, exc_info=error)
                done = 0
            if not done:
                await self._sleep(job.every, wake)

    async def _sleep(self, seconds: float, wake: asyncio.Event) -> None:
        waits = [asyncio.create_task(wake.wait()), asyncio.create_task(self._stop.wait())]
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    def _heard(self, channel: str | None, payload: str) -> None:
        """Jobs go by their rhythm while the database cannot be heard, and look at once when it can again."""
        called = itertools.chain(*self._wake.values()) if channel is None else self._wake.get(channel, ())
        for wake in called:
            wake.set()
