"""What the desk keeps: codes of threads, internal notes, assignments, answers on their way, and its ledger.

It keeps no text of a customer. Threads are read over the bridge each time they are shown.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, PrimaryKeyConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from employee_service.base import EmployeeBase
from shared.tools.people.models import Person


class DeskThread(EmployeeBase):
    """A thread that is, or was, shared with us: its code and nothing of what it says."""

    __tablename__ = "desk_threads"

    ref: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class DeskNote(EmployeeBase):
    """What colleagues on the desk tell one another about a thread. It has no way out of this database."""

    __tablename__ = "desk_notes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(ForeignKey(DeskThread.ref))
    author_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    body: Mapped[str]
    html: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (Index("ix_desk_notes_ref", "ref", "created_at", "id"),)


class DeskAssignment(EmployeeBase):
    """Who looks after a thread."""

    __tablename__ = "desk_assignments"

    ref: Mapped[str] = mapped_column(ForeignKey(DeskThread.ref), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    assigned_at: Mapped[datetime]


class DeskReply(EmployeeBase):
    """An official answer on its way. `id` is its Idempotency-Key; `body` is forgotten once it is delivered.

    `reason` says in words why it was refused.
    """

    __tablename__ = "desk_replies"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(ForeignKey(DeskThread.ref))
    author_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    author_sub: Mapped[str]
    body: Mapped[str | None]
    public_name: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="queued")
    reason: Mapped[str] = mapped_column(server_default="")
    queued_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("state in ('queued', 'delivered', 'refused')", name="state_is_known"),
        Index("ix_desk_replies_ref", "ref", "queued_at"),
    )


class DeskFeed(EmployeeBase):
    """How far the feed was followed. `owes_ack`: something withdrawn was purged and not confirmed yet."""

    __tablename__ = "desk_feed"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cursor: Mapped[str | None]
    owes_ack: Mapped[bool] = mapped_column(server_default=text("false"))
    followed_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)


class PendingCrossing(EmployeeBase):
    """A ledger row of this side without number and hash."""

    __tablename__ = "desk_ledger_pending"

    arrival: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    book: Mapped[str]
    crossing_id: Mapped[str] = mapped_column(unique=True)
    at: Mapped[datetime]
    direction: Mapped[str]
    message: Mapped[str]
    digest: Mapped[str]
    client: Mapped[str]
    subject: Mapped[str | None]
    purpose: Mapped[str | None]
    refs: Mapped[list[str]]


class LedgerCrossing(EmployeeBase):
    """A row of this side's ledger: insert only, numbered without gaps, chained by `hash`."""

    __tablename__ = "desk_ledger"

    book: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    crossing_id: Mapped[str] = mapped_column(unique=True)
    at: Mapped[datetime]
    direction: Mapped[str]
    message: Mapped[str]
    digest: Mapped[str]
    client: Mapped[str]
    subject: Mapped[str | None]
    purpose: Mapped[str | None]
    hash: Mapped[str]


class LedgerRef(EmployeeBase):
    """A thread that a crossing carried, in the order of the message. The hash of the crossing covers it."""

    __tablename__ = "desk_ledger_refs"

    crossing_id: Mapped[str] = mapped_column(ForeignKey(LedgerCrossing.crossing_id))
    position: Mapped[int]
    ref: Mapped[str] = mapped_column(index=True)

    __table_args__ = (PrimaryKeyConstraint("crossing_id", "position"),)


class KnownHead(EmployeeBase):
    """How far a ledger went when the books were last compared, so that a shortened one is noticed."""

    __tablename__ = "desk_ledger_heads"

    side: Mapped[str]
    number: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str]
    noted_at: Mapped[datetime]

    __table_args__ = (
        PrimaryKeyConstraint("side", "number"),
        CheckConstraint("side in ('bridge', 'desk')", name="side_is_known"),
    )


MODELS: tuple[type[Any], ...] = (
    DeskThread,
    DeskNote,
    DeskAssignment,
    DeskReply,
    DeskFeed,
    PendingCrossing,
    LedgerCrossing,
    LedgerRef,
    KnownHead,
)
