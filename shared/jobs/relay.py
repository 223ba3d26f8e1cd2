"""Takes events from the outbox to their handlers, each once: the oldest that is due first. One that failed
waits, and those after it go on."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import timedelta

import structlog
from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db.engine import Database
from shared.db.outbox import CHANNEL, Delivery, OutboxRow
from shared.jobs.worker import Job
from shared.kernel.clock import Clock

log = structlog.get_logger("outbox")

Handler = Callable[[AsyncSession, Delivery], Awaitable[None]]
"""Runs in the transaction that takes the event out of the outbox: both happen, or neither."""

BATCH = 100
UNKNOWN_KEPT = timedelta(days=1)
MAX_BACKOFF = timedelta(minutes=10)


class Relay:
    """`handlers` by event name. Those of `ignored` are of no interest here and are dropped; those nobody here
    knows may be a newer release's, and are left to its worker for a day.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        handlers: Mapping[str, Handler],
        *,
        ignored: Collection[str] = (),
    ) -> None:
        self._database = database
        self._clock = clock
        self._handlers = handlers
        self._ignored = frozenset(ignored) - handlers.keys()

    def job(self) -> Job:
        return Job("outbox", self.run, every=5.0, channel=CHANNEL)

    async def run(self) -> int:
        """Deals with one batch and returns its size."""
        dropped = await self._drop_uninteresting()
        done = 0
        while done < BATCH and await self._next():
            done += 1
        return dropped + done

    async def _drop_uninteresting(self) -> int:
        unknown_since = self._clock.now() - UNKNOWN_KEPT
        statement = (
            delete(OutboxRow)
            .where(OutboxRow.name.not_in(list(self._handlers)))
            .where(or_(OutboxRow.name.in_(list(self._ignored)), OutboxRow.created_at < unknown_since))
            .returning(OutboxRow.id)
        )
        async with self._database.transaction() as session:
            return len((await session.execute(statement)).all())

    async def _next(self) -> bool:
        now = self._clock.now()
        due = (
            select(OutboxRow)
            .where(OutboxRow.available_at <= now, OutboxRow.name.in_(list(self._handlers)))
            .order_by(OutboxRow.available_at, OutboxRow.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        delivery = None
        try:
            async with self._database.transaction() as session:
                row = await session.scalar(due)
                if row is None:
                    return False
                delivery = Delivery(row.id, row.name, row.payload, row.attempts + 1)
                await self._handlers[row.name](session, delivery)
                await session.execute(delete(OutboxRow).where(OutboxRow.id == row.id))
        except Exception as error:
            if delivery is None:
                raise
            await self._postpone(delivery, error)
        return True

    async def _postpone(self, delivery: Delivery, error: Exception) -> None:
        """Tries again later, twice as late each time; the text of the error is kept without content."""
        wait = min(timedelta(seconds=2 ** min(delivery.attempts, 10)), MAX_BACKOFF)
        log.warning(
            "delivery failed",
            event_name=delivery.name,
            attempts=delivery.attempts,
            error=type(error).__name__,
        )
        async with self._database.transaction() as session:
            await session.execute(
                update(OutboxRow)
                .where(OutboxRow.id == delivery.id)
                .values(
                    attempts=delivery.attempts,
                    available_at=self._clock.now() + wait,
                    last_error=type(error).__name__,
                )
            )
