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

    at: datetime
    icon: str
    tone: str
    sentence: str
    where: str
    client: str


async def page(caller: Caller, account_id: UUID, *, before: int | None) -> tuple[list[Happening], int | None]:
    """Happenings, the newest first, before the row of that number; and where the next page begins."""
    numbered = await _numbered(caller, account_id, before=before, limit=AT_ONCE + 1)
    waiting = [] if before is not None else await _waiting(caller, account_id)
    shown = [_happening(row) for row in (*waiting, *numbered[:AT_ONCE])]
    return shown, numbered[AT_ONCE - 1]["number"] if len(numbered) > AT_ONCE else None


async def whole(caller: Caller, account_id: UUID) -> list[dict[str, Any]]:
    """Every row of the audit log about one account, the newest first."""
    rows = await _waiting(caller, account_id)
    numbered = await _numbered(caller, account_id, before=None, limit=1000)
    while numbered:
        rows += numbered
        numbered = await _numbered(caller, account_id, before=numbered[-1]["number"], limit=1000)
    return rows


async def _waiting(caller: Caller, account_id: UUID) -> list[dict[str, Any]]:
    rows = await caller.reader.all(queries.WAITING, account_id=account_id, limit=1000)
    return [dict(row) for row in rows]


async def _numbered(
    caller: Caller, account_id: UUID, *, before: int | None, limit: int
) -> list[dict[str, Any]]:
    if before is None:
        rows = await caller.reader.all(queries.NEWEST, account_id=account_id, limit=limit)
    else:
        rows = await caller.reader.all(queries.BEFORE, account_id=account_id, limit=limit, before=before)
    return [dict(row) for row in rows]


def _happening(row: dict[str, Any]) -> Happening:
    icon, tone, sentence = words.said(row["event"])
    is_by_hand = row["actor"] in ("operator", "worker")
    return Happening(
        at=row["at"],
        icon=icon,
        tone=tone,
        sentence=sentence,
        where="by those who run this site" if is_by_hand else places.place(row["address"]),
        client=row["client_name"] or row["client_id"] or "",
    )
