"""This side's ledger: one row for each message that came or went over the bridge."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Table, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from employee_service.desk.models import DeskThread, LedgerCrossing, LedgerRef, PendingCrossing
from shared.bridge.client import Crossing
from shared.bridge.errors import BridgeRefused
from shared.bridge.messages import ChangePage, LedgerRow, Message, Thread, ThreadList
from shared.db.sequencer import Children, Log, Row, append
from shared.kernel import chain

BOOK: Final = "desk"
CHANNEL: Final = "narrowbridge_desk_ledger"
CLIENT: Final = "employee-community"
_UNHASHED: Final = "0" * 64


def covered(row: Row, number: int) -> dict[str, Any]:
    """What the hash of a row covers: the message `ledger_row` without its hash, as on the other side."""
    names = ("crossing_id", "at", "direction", "message", "digest", "client", "subject", "purpose", "refs")
    return LedgerRow(number=number, hash=_UNHASHED, **{name: row[name] for name in names}).covered()


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table


LEDGER: Final = Log(
    pending=_table(PendingCrossing),
    kept=_table(LedgerCrossing),
    channel=CHANNEL,
    book="book",
    covered=covered,
    children=Children(array="refs", table=_table(LedgerRef), parent="crossing_id", value="ref"),
)


async def book(
    session: AsyncSession,
    crossing: Crossing[Any],
    *,
    at: datetime,
    subject: str | None,
    ref: str | None = None,
) -> None:
    """Writes down a crossing, and that its threads are known. `ref` is the thread a write was about."""
    if not crossing.booked:
        return
    refs = [ref] if ref else _refs(crossing.body)
    await _append(
        session,
        crossing_id=crossing.crossing_id,
        at=at,
        direction=crossing.direction,
        message=crossing.message,
        carried=crossing.carried,
        subject=subject,
        purpose=_purpose(crossing.body),
        refs=refs,
    )
    await know(session, refs, at)


async def book_refusal(
    session: AsyncSession, refused: BridgeRefused, *, at: datetime, subject: str | None
) -> None:
    """Writes down that the bridge said no, when it writes that down too."""
    if not refused.booked:
        return
    await _append(
        session,
        crossing_id=refused.crossing_id,
        at=at,
        direction="outward",
        message="problem",
        carried=refused.carried,
        subject=subject,
        purpose=None,
        refs=[],
    )


async def know(session: AsyncSession, refs: list[str], at: datetime) -> None:
    """Makes the codes of threads known to the desk, so that notes can point at them."""
    if refs:
        rows = [{"ref": ref, "seen_at": at} for ref in refs]
        await session.execute(insert(DeskThread).values(rows).on_conflict_do_nothing())


async def _append(
    session: AsyncSession, *, crossing_id: str, carried: Mapping[str, Any], **values: Any
) -> None:
    """A repeated receipt has the crossing id of the first and is written down once."""
    for model in (PendingCrossing, LedgerCrossing):
        if await session.scalar(select(exists().where(model.crossing_id == crossing_id))):
            return
    await append(
        session,
        LEDGER,
        book=BOOK,
        crossing_id=crossing_id,
        digest=chain.digest(carried),
        client=CLIENT,
        **values,
    )


def _refs(body: Message) -> list[str]:
    match body:
        case Thread():
            return [body.ref]
        case ThreadList() | ChangePage():
            return list(dict.fromkeys(item.ref for item in body.data))
        case _:
            return []


def _purpose(body: Message) -> str | None:
    return body.sharing.purpose if isinstance(body, Thread) else None
