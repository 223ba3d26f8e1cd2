"""Asking identity every few seconds what has happened."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog

from shared.db.engine import Database
from shared.jobs.worker import Job
from shared.kernel.clock import Clock
from shared.oidc.errors import IdentityUnavailable
from shared.oidc.security_events import Answers, SecurityEvents
from shared.tools.sign_in import queries, revocations

EVERY = 5.0
"""Seconds between polls: whoever left is out well within a minute."""
SILENT_AFTER = timedelta(seconds=60)

log = structlog.get_logger("security_events")


class EventListening:
    """The job `security events` of a worker.

    While identity is silent the service goes on: sessions and tokens that are good stay so until they end,
    which is ten minutes at most. It is said once, and again when identity answers.
    """

    def __init__(self, database: Database, clock: Clock, events: SecurityEvents) -> None:
        self.database = database
        self.clock = clock
        self.events = events
        self._answers = Answers()
        self._answered_at = clock.now()
        self._told = False

    def job(self) -> Job:
        return Job("security events", self.turn, every=EVERY)

    async def turn(self) -> int:
        """One poll. Returns how many events were dealt with; they are acknowledged by the next poll, which
        follows at once."""
        try:
            heard = await self.events.poll(self._answers)
        except IdentityUnavailable as error:
            self._note_silence(error, self.clock.now())
            return 0
        now = self.clock.now()
        async with self.database.transaction() as session:
            await revocations.apply(session, heard.events, now)
        self._answers = Answers([str(event.id) for event in heard.events], heard.errors)
        self._note_answer(now)
        return len(heard.events) + len(heard.errors)

    def _note_silence(self, error: IdentityUnavailable, now: datetime) -> None:
        if now - self._answered_at >= SILENT_AFTER and not self._told:
            log.warning("identity is silent: sessions and tokens go on until they end", error=error.detail)
            self._told = True

    def _note_answer(self, now: datetime) -> None:
        if self._told:
            log.info("identity answers again")
        self._answered_at, self._told = now, False


async def silence(database: Database, clock: Clock) -> Mapping[str, float]:
    """The figure `identity_silent_seconds`: for how long identity, or our worker, said nothing."""
    row = await database.reader.first(queries.CONTACT)
    if row is None:
        return {}
    return {"identity_silent_seconds": max(0.0, (clock.now() - row["answered_at"]).total_seconds())}
