"""What the employee worker does for the desk: follow the feed, confirm purges, number the ledger."""

from collections.abc import Sequence
from typing import Final

import structlog
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from employee_service.desk import ledger
from employee_service.desk.gateway import BridgeGateway
from employee_service.desk.models import DeskFeed, DeskThread
from shared.bridge.client import MAX_WAIT
from shared.bridge.errors import BridgeError
from shared.bridge.messages import Change
from shared.db.engine import Database
from shared.db.sequencer import sequence
from shared.jobs.worker import Job
from shared.kernel.clock import Clock
from shared.oidc.errors import OidcError

log = structlog.get_logger("desk")
PAUSE_SECONDS: Final = 0.5
"""Between two calls to the feed; each is held open up to `MAX_WAIT` seconds by the bridge."""


class DeskWork:
    def __init__(self, database: Database, clock: Clock, gateway: BridgeGateway) -> None:
        self.database = database
        self.clock = clock
        self.gateway = gateway

    def jobs(self) -> tuple[Job, ...]:
        return (
            Job("bridge feed", lambda: self.follow(wait=MAX_WAIT), every=PAUSE_SECONDS),
            Job("desk ledger", self.number, every=2.0, channel=ledger.CHANNEL),
        )

    async def number(self) -> int:
        async with self.database.transaction() as session:
            return len(await sequence(session, ledger.LEDGER))

    async def follow(self, *, wait: int) -> int:
        """Takes the next changes and confirms what was purged; 0 when there was nothing, or no answer, or
        when another process is at it."""
        try:
            async with self.database.alone("desk feed") as is_alone:
                return await self._follow(wait) + await self._confirm() if is_alone else 0
        except (BridgeError, OidcError) as error:
            log.info("the feed cannot be followed", error=type(error).__name__)
            return 0

    async def _follow(self, wait: int) -> int:
        state = await self._state()
        crossing = await self.gateway.changes(state.cursor, wait=0 if state.owes_ack else wait)
        changes = crossing.body.data
        if not changes:
            await self._still_there()
            return 0
        async with self.database.transaction() as session:
            await self.gateway.book(session, crossing, subject=None)
            withdrawn = await self._apply(session, changes)
            await self._remember(
                session, crossing.body.next_cursor, after=state.cursor, owes_ack=state.owes_ack or withdrawn
            )
        return len(changes)

    async def _apply(self, session: AsyncSession, changes: Sequence[Change]) -> bool:
        """Notes which threads are gone. There is no text to purge: none is ever kept."""
        withdrawn = [change for change in changes if change.type == "withdrawn"]
        for change in withdrawn:
            gone = update(DeskThread).where(DeskThread.ref == change.ref)
            await session.execute(gone.values(withdrawn_at=change.at))
        return bool(withdrawn)

    async def _confirm(self) -> int:
        """Tells the bridge that what was withdrawn is deleted here. Owed until it has been told."""
        state = await self._state()
        if not state.owes_ack or state.cursor is None:
            return 0
        crossing = await self.gateway.acknowledge(state.cursor)
        async with self.database.transaction() as session:
            await self.gateway.book(session, crossing, subject=None)
            told = update(DeskFeed).where(DeskFeed.cursor == state.cursor)
            await session.execute(told.values(owes_ack=False))
        return 1

    async def _state(self) -> DeskFeed:
        async with self.database.transaction() as session:
            return await session.get(DeskFeed, 1) or DeskFeed(id=1, cursor=None, owes_ack=False)

    async def _still_there(self) -> None:
        """There is nothing new: what the desk knows is as of now."""
        async with self.database.transaction() as session:
            await session.execute(update(DeskFeed).values(followed_at=self.clock.now()))

    async def _remember(
        self, session: AsyncSession, cursor: str, *, after: str | None, owes_ack: bool
    ) -> None:
        """Only from where these changes began: another process may have gone on meanwhile."""
        now = {"cursor": cursor, "owes_ack": owes_ack, "followed_at": self.clock.now()}
        await session.execute(
            insert(DeskFeed)
            .values(id=1, **now)
            .on_conflict_do_update(
                index_elements=[DeskFeed.id],
                set_=now,
                where=DeskFeed.cursor.is_not_distinct_from(after),
            )
        )
