"""Reading the whole log in order: to check its chain, to write it out."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from identity_service.audit import queries
from identity_service.audit.log import covered
from identity_service.audit.schemas import AuditFilter
from shared.db.query import Reader, Row
from shared.kernel.chain import Break, Chained, Head, Verdict, canonical, verify

BATCH: Final = 1000
Batches = AsyncIterator[Sequence[Row]]


async def batches(
    reader: Reader, *, since: datetime | None = None, until: datetime | None = None, after: int = 0
) -> Batches:
    """The rows after number `after` and within the time, oldest first."""
    while True:
        rows = await reader.all(
            queries.IN_ORDER,
            after=after,
            since=since or queries.EARLIEST,
            until=until or queries.LATEST,
            limit=BATCH,
        )
        if rows:
            yield rows
            after = rows[-1]["number"]
        if len(rows) < BATCH:
            return


async def newest(
    session: AsyncSession, wanted: AuditFilter, *, before: int | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """Rows that fit, newest first, those before a number."""
    result = await session.execute(queries.newest_first(wanted, before=before, limit=limit))
    return [dict(row) for row in result.mappings()]


def line(row: Row) -> bytes:
    """A row as a line of NDJSON: what its hash covers in the form that is hashed (RFC 8785), and the hash."""
    return canonical(covered(row, row["number"]) | {"hash": row["hash"]}) + b"\n"


async def check(reader: Reader, known: Head | None = None) -> Verdict:
    """Whether the log is whole: from its beginning, or from the cut that the log itself tells of.

    `known` is a head noted earlier. A cut that happens meanwhile is no break.
    """
    while True:
        first = await reader.first(queries.FIRST)
        verdict = await _checked(reader, first, known or Head())
        if verdict.sound or _number(await reader.first(queries.FIRST)) == _number(first):
            return verdict


async def _checked(reader: Reader, first: Row | None, known: Head) -> Verdict:
    head = await _beginning(reader, _number(first))
    if head is None:
        return Verdict(
            Head(), Break(_number(first), "what stood before it is missing, and no row tells of it")
        )
    async for rows in batches(reader):
        verdict = verify(map(_chained, rows), start=head)
        if not verdict.sound:
            return verdict
        head = verdict.head
        for row in rows:
            if row["number"] == known.number and row["hash"] != known.hash:
                return Verdict(head, Break(known.number, "its hash is not the one noted earlier"))
    if head.number < known.number:
        return Verdict(head, Break(head.number + 1, f"rows up to number {known.number} are missing"))
    return Verdict(head, None)


async def _beginning(reader: Reader, first: int) -> Head | None:
    """What stands before the first row that is kept; None when a log is cut and does not say so."""
    if first == 1:
        return Head()
    told = await reader.first(queries.TOLD_CUT, through=str(first - 1))
    return Head(first - 1, str(told["details"].get("hash"))) if told else None


def _number(row: Row | None) -> int:
    return int(row["number"]) if row else 1


def _chained(row: Row) -> Chained:
    return Chained(row["number"], covered(row, row["number"]), row["hash"])
