"""Logs that are numbered, and if wanted chained, after commit.

Writers append to a *pending* table in their own transactions. One sequencer per log then moves what was
committed into the *kept* table, which nobody may change, and gives it numbers there: numbers given inside the
writers' transactions would let a reader pass over a row that commits later. A log may be divided into books
(one per recipient), each numbered from 1 on its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, Table, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.kernel.chain import GENESIS, Head, JsonValue, link

Row = Mapping[str, Any]
Covered = Callable[[Row, int], Mapping[str, JsonValue]]
BATCH: Final = 500
NUMBERED: Final = "numbered"


@dataclass(frozen=True, slots=True)
class Children:
    """Values that a pending row carries in an array and a kept row in a table of its own, in their order."""

    array: str
    table: Table
    parent: str
    value: str
    position: str = "position"


@dataclass(frozen=True, slots=True)
class Log:
    """Where a log lies and how it is numbered.

    `pending` has a column `arrival` (identity) that orders what depends on one another; the columns it shares
    with `kept` are carried over. `kept` has `number`, and `hash` when `covered` says what a hash covers.
    `channel` is notified when rows were appended and, with the payload `NUMBERED`, when they have numbers.
    """

    pending: Table
    kept: Table
    channel: str
    book: str
    covered: Covered | None = None
    children: Children | None = None


async def append(session: AsyncSession, log: Log, **values: Any) -> None:
    """Adds a row to the transaction; it is numbered soon after the commit. Needs INSERT on pending only."""
    await session.execute(insert(log.pending).values(**values).inline())
    await session.execute(select(func.pg_notify(log.channel, "")))


async def sequence(session: AsyncSession, log: Log, *, limit: int = BATCH) -> Sequence[Row]:
    """Numbers what is pending and returns those rows in order, with `number` and `hash`.

    Returns nothing when another process is at it. The caller's transaction must end soon: until then the
    numbers are not visible and nobody else numbers this log.
    """
    free = await session.scalar(
        select(func.pg_try_advisory_xact_lock(func.hashtextextended(log.kept.name, 0)))
    )
    if not free:
        return ()
    order = log.pending.c.arrival
    result = await session.execute(select(log.pending).order_by(order).limit(limit))
    pending: list[Row] = [dict(row) for row in result.mappings()]
    if not pending:
        return ()
    heads = {book: await head(session, log, book) for book in dict.fromkeys(row[log.book] for row in pending)}
    numbered = [_numbered(log, row, heads) for row in pending]
    kept = [{name: row[name] for name in row if name in log.kept.columns} for row in numbered]
    await session.execute(insert(log.kept), kept)
    if log.children:
        await _keep_children(session, log.children, pending)
    await session.execute(delete(log.pending).where(order.in_([row["arrival"] for row in pending])))
    await session.execute(select(func.pg_notify(log.channel, NUMBERED)))
    return numbered


async def head(session: AsyncSession, log: Log, book: Any) -> Head:
    """The last number of a book and its hash (number 0 for an empty one)."""
    kept = log.kept.c
    hashes: Column[Any] | Any = kept.hash if log.covered else kept.number
    last = select(kept.number, hashes).where(kept[log.book] == book).order_by(kept.number.desc()).limit(1)
    row = (await session.execute(last)).one_or_none()
    if row is None:
        return Head()
    return Head(row[0], row[1] if log.covered else GENESIS)


def _numbered(log: Log, row: Row, heads: dict[Any, Head]) -> dict[str, Any]:
    before = heads[row[log.book]]
    number = before.number + 1
    numbered = {**row, "number": number}
    if log.covered:
        numbered["hash"] = link(before.hash, log.covered(row, number))
    heads[row[log.book]] = Head(number, numbered.get("hash", GENESIS))
    return numbered


async def _keep_children(session: AsyncSession, children: Children, pending: Sequence[Row]) -> None:
    rows = [
        {children.parent: row[children.parent], children.value: value, children.position: position}
        for row in pending
        for position, value in enumerate(row[children.array])
    ]
    if rows:
        await session.execute(insert(children.table), rows)
