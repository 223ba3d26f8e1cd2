"""What must leave the database: written in the transaction that made it true, delivered after."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol
from uuid import UUID

from sqlalchemy import Index, bindparam, func, insert, literal, null, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.base import Base
from shared.db.query import Command, Query, Reader, writer_of
from shared.kernel.ids import new_id


class Event(Protocol):
    """A frozen dataclass of plain values with a class-wide `name` such as `topics.post_created`."""

    name: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]


class OutboxRow(Base):
    """One event on its way out. Deleted when every handler has had it."""

    __tablename__ = "outbox"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    available_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]

    __table_args__ = (Index("ix_outbox_available", "available_at", "id"),)


MODELS = (OutboxRow,)
CHANNEL = "narrowbridge_outbox"


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event as a handler receives it. `id` is the same at every attempt."""

    id: UUID
    name: str
    payload: dict[str, Any]
    attempts: int


def _plain(value: Any) -> Any:
    return (
        value.isoformat() if isinstance(value, datetime) else str(value) if isinstance(value, UUID) else value
    )


async def append(session: AsyncSession, event: Event, *, now: datetime) -> UUID:
    """Adds the event to the transaction and returns the id of its row."""
    row_id = new_id()
    payload = {key: _plain(value) for key, value in asdict(event).items()}
    await writer_of(session).run(_APPEND, id=row_id, name=event.name, payload=payload, at=now)
    return row_id


_APPEND = Command(
    insert(OutboxRow).values(
        id=bindparam("id"),
        name=bindparam("name"),
        payload=bindparam("payload"),
        created_at=bindparam("at"),
        available_at=bindparam("at"),
        attempts=literal(0),
        last_error=null(),
    )
)


_COUNTED_TO = 10_000
_DEPTH = Query(
    select(func.count().label("rows")).select_from(select(OutboxRow.id).limit(_COUNTED_TO).subquery())
)


async def depth(reader: Reader) -> int:
    """How many events wait, counted up to `_COUNTED_TO`."""
    row = await reader.first(_DEPTH)
    return int(row["rows"]) if row else 0
