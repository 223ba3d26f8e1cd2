"""How long the audit log is kept: what is older is cut off, and the log says where."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from identity_service.audit import queries
from identity_service.audit.queries import CUT_ROW
from identity_service.audit.service import record
from shared.db.engine import Database
from shared.db.query import writer_of

AT_LEAST = timedelta(days=1)
"""What is cut reaches over a day, so that the log does not fill with rows that tell of cuts."""


async def cut(database: Database, now: datetime, *, days: int) -> int:
    """Cut off what is older than `days`, in two steps: the log tells of it first, and when that row has its
    number and hash the rows go. Returns how many went."""
    async with database.transaction() as session:
        gone = await _cut_where_told(session)
        if not gone:
            await _tell(session, now, now - timedelta(days=days))
        return gone


async def _cut_where_told(session: AsyncSession) -> int:
    reader = writer_of(session)
    told = await reader.first(queries.LAST_TOLD)
    if told is None or await reader.first(queries.NUMBERED, number=int(told["details"]["through"])) is None:
        return 0
    return int(await session.scalar(select(func.audit_cut(int(told["details"]["through"])))) or 0)


async def _tell(session: AsyncSession, now: datetime, limit: datetime) -> None:
    reader = writer_of(session)
    first = await reader.first(queries.FIRST)
    if first is None or first["at"] > limit - AT_LEAST:
        return
    since = await reader.first(queries.FIRST_SINCE, since=limit)
    if since is None or since["number"] is None:
        return  # nothing has happened for so long that the last row must stay to be built upon
    last = await reader.first(queries.NUMBERED, number=since["number"] - 1)
    if last is not None:
        details = {
            "through": last["number"],
            "hash": last["hash"],
            "rows": last["number"] - first["number"] + 1,
        }
        record(session, CUT_ROW, at=now, address="worker", **details)
