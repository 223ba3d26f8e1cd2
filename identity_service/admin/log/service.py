"""What administrators see of the audit log."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from identity_service.admin import paging
from identity_service.admin.access import Admin
from identity_service.audit import reading
from identity_service.audit import service as audit
from identity_service.audit.schemas import AuditFilter
from shared.db.query import Reader
from shared.web.asked import PageAsked

_LIST: Final = "audit"


@dataclass(frozen=True, slots=True)
class AuditView:
    """One event: who did what, to whom, from where, and whether it was done or refused."""

    number: int
    hash: str
    id: UUID
    at: datetime
    event: str
    actor: str | None
    account_id: UUID | None
    client_id: str | None
    address: str | None
    result: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AuditPage:
    """A page of the log, the newest first."""

    data: list[AuditView]
    next_cursor: str | None


class WithinTime(BaseModel):
    """From `since` up to `until`, without the latter."""

    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class AuditAsked(PageAsked, WithinTime):
    """Which events."""

    event: Annotated[
        str | None, Field(max_length=100, description="Its name, or the beginning of it with a dot: client.")
    ] = None
    actor: Annotated[str | None, Field(max_length=200, description="account:<id>, client:<id>, operator")] = (
        None
    )
    account_id: UUID | None = None
    client_id: Annotated[str | None, Field(max_length=200)] = None
    address: Annotated[str | None, Field(max_length=100)] = None
    result: Literal["done", "refused"] | None = None


async def search(admin: Admin, asked: AuditAsked) -> tuple[list[AuditView], str | None]:
    """A page of the log. What happened within the last second may not be in it yet."""
    wanted = AuditFilter(**asked.model_dump(exclude={"cursor", "limit"}))
    after = paging.start(admin, asked, name=_LIST)
    before = after[0] if after else None
    found = await reading.newest(admin.visit.session, wanted, before=before, limit=asked.limit + 1)
    rows = [_view(dict(row)) for row in found]
    return paging.cut(admin, asked, rows, lambda row: (row.number,), name=_LIST)


def _view(row: dict[str, Any]) -> AuditView:
    del row["book"]
    return AuditView(**row)


def export(admin: Admin, within: WithinTime) -> AsyncIterator[bytes]:
    """The lines of the log, oldest first; that it was exported is written into it."""
    audit.record(
        admin.visit.session,
        "audit.exported",
        at=admin.visit.now,
        client_id=admin.client_id,
        address=admin.visit.address,
        by=admin.by,
        since=within.since.isoformat() if within.since else None,
        until=within.until.isoformat() if within.until else None,
    )
    return _lines(admin.visit.reader, within)


async def _lines(reader: Reader, within: WithinTime) -> AsyncIterator[bytes]:
    async for rows in reading.batches(reader, since=within.since, until=within.until):
        yield b"".join(map(reading.line, rows))
