"""What the customer worker does for the bridge: number, chain, tell, apply."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from customer_service.sharing import feed, inbox, queries
from customer_service.sharing.logs import CHANGES, CHANGES_CHANNEL, INBOX_CHANNEL, LEDGER, LEDGER_CHANNEL
from customer_service.sharing.models import Sharing
from shared.db.engine import Database
from shared.db.outbox import Delivery
from shared.db.sequencer import sequence
from shared.jobs.relay import Handler
from shared.jobs.worker import Job
from shared.kernel.clock import Clock
from shared.tools.topics.catalog import Catalog
from shared.tools.topics.events import TopicChanged, TopicDeleted

VOTES_EVERY = timedelta(minutes=1)
"""Votes on a topic are told no more often than this, all that came meanwhile as one change."""
Step = Callable[[AsyncSession], Awaitable[int]]
"""Does some of the work in the transaction and returns how much."""


class SharingWork:
    """All of it for one database. Any number of processes may run it at once."""

    def __init__(self, database: Database, clock: Clock, catalog: Catalog) -> None:
        self.database = database
        self.clock = clock
        self.catalog = catalog

    def jobs(self) -> tuple[Job, ...]:
        """Changed and deleted topics are heard of (`handlers`). Votes and expiry are looked for now and then:
        of votes few are told, and what is past its end is out of the views by itself and waits for its
        tombstone only."""
        return (
            Job("bridge inbox", self._committed(self._apply), every=5.0, channel=INBOX_CHANNEL),
            Job("sharings", self._committed(self._follow_topics), every=15.0),
            Job("bridge feed", self._committed(self._number_changes), every=2.0, channel=CHANGES_CHANNEL),
            Job("bridge ledger", self._committed(self._number_ledger), every=2.0, channel=LEDGER_CHANNEL),
        )

    def handlers(self) -> dict[str, Handler]:
        """What the outbox says of topics goes on into the feed."""
        return {TopicChanged.name: self._heard, TopicDeleted.name: self._heard}

    async def _heard(self, session: AsyncSession, delivery: Delivery) -> None:
        await self._follow_topics(session)

    async def turn(self) -> None:
        """Everything that waits now."""
        for job in self.jobs():
            while await job.run():
                pass

    def _committed(self, step: Step) -> Callable[[], Awaitable[int]]:
        async def run() -> int:
            async with self.database.transaction() as session:
                return await step(session)

        return run

    async def _apply(self, session: AsyncSession) -> int:
        return int(await inbox.apply_next(session, self.clock, self.catalog))

    async def _follow_topics(self, session: AsyncSession) -> int:
        """Ends what is over, and tells of topics that changed since the feed told of them last."""
        now = self.clock.now()
        ended = (await session.execute(queries.ENDED, {"now": now})).all()
        for row in ended:
            why = "deleted" if row.deleted_at else "expired"
            await feed.end(session, row.id, why=why, version=row.version, now=now)
        changed = (await session.execute(queries.CHANGED, {"votes_since": now - VOTES_EVERY})).all()
        for sharing_id, version, votes in changed:
            told = {"version": version, "votes": votes, "told_at": now}
            await session.execute(update(Sharing).where(Sharing.id == sharing_id).values(**told))
            await feed.tell(session, sharing_id, "updated", version=version, now=now)
        return len(ended) + len(changed)

    async def _number_changes(self, session: AsyncSession) -> int:
        return len(await sequence(session, CHANGES))

    async def _number_ledger(self, session: AsyncSession) -> int:
        rows = await sequence(session, LEDGER)
        read = [row["refs"][0] for row in rows if row["message"] == "thread"]
        await inbox.count_reads(session, read, self.clock.now())
        return len(rows)
