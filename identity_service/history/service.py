"""Reading what happened to one's own account."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from identity_service.history import queries, words
from identity_service.sessions import words as places
from identity_service.visit import Caller

AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class Happening:
    """One row of the audit log, said to its person."""

    id: UUID
    at: datetime
    icon: str
    tone: str
    sentence: str
    where: str
    client: str


async def page(
    caller: Caller, account_id: UUID, *, before: UUID | None
) -> tuple[list[Happening], UUID | None]:
    """Up to fifty happenings, the newest first, older than `before`; and where the next page begins."""
    rows = await rows_of(caller, account_id, before=before, limit=AT_ONCE + 1)
    shown = [_happening(row) for row in rows[:AT_ONCE]]
    return shown, shown[-1].id if len(rows) > AT_ONCE else None


async def rows_of(
    caller: Caller, account_id: UUID, *, before: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Rows of the audit log about one account."""
    if before is None:
        rows = await caller.reader.all(queries.NEWEST, account_id=account_id, limit=limit)
    else:
        rows = await caller.reader.all(queries.BEFORE, account_id=account_id, limit=limit, before=before)
    return [dict(row) for row in rows]


def _happening(row: dict[str, Any]) -> Happening:
    icon, tone, sentence = words.said(row["event"])
    is_by_hand = row["address"] in (None, "console", "worker")
    return Happening(
        id=row["id"],
        at=row["at"],
        icon=icon,
        tone=tone,
        sentence=sentence,
        where="by those who run this site" if is_by_hand else places.place(row["address"]),
        client=row["client_name"] or row["client_id"] or "",
    )
