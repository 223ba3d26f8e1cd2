"""What every community's worker tidies up."""

from sqlalchemy import delete

from shared.db.engine import Database
from shared.jobs.worker import Job
from shared.kernel.clock import Clock
from shared.tools.sign_in import revocations
from shared.tools.sign_in.models import WebSession
from shared.web import idempotency, proofs


def upkeep(database: Database, clock: Clock) -> Job:
    """Forgets sessions that ended, revocations of tokens that ended, and answers kept for replay longer
    than promised."""

    async def run() -> int:
        now = clock.now()
        async with database.transaction() as session:
            await session.execute(delete(WebSession).where(WebSession.expires_at < now))
            await revocations.forget_old(session, now)
            await idempotency.forget_old(session, now)
            await proofs.forget_old(session, now)
        return 0

    return Job("upkeep", run, every=600)
