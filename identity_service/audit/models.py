"""The audit log: rows that wait for their number, and rows that nobody changes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.base import Base


class PendingAuditRow(Base):
    """One event, written in the transaction that made it true. The worker moves it into the log."""

    __tablename__ = "pending_audit_rows"

    arrival: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    book: Mapped[str] = mapped_column(server_default=text("'identity'"))
    id: Mapped[UUID]
    at: Mapped[datetime]
    event: Mapped[str]
    actor: Mapped[str | None]
    account_id: Mapped[UUID | None]
    client_id: Mapped[str | None]
    address: Mapped[str | None]
    result: Mapped[str]
    details: Mapped[dict[str, Any]]


class AuditRow(Base):
    """One event with its place in the chain (`shared.kernel.chain`). The table takes inserts only: a trigger
    refuses every other change, but for `audit_cut`, which deletes what is old and was told of in the log.

    `actor` did it (`account:<id>`, `client:<id>`, `operator`, `worker`; none when it is not known who tried),
    to `account_id` or `client_id`, from `address`. `result` is `done` or `refused`.
    """

    __tablename__ = "audit_rows"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[str]
    book: Mapped[str]
    id: Mapped[UUID] = mapped_column(unique=True)
    at: Mapped[datetime] = mapped_column(index=True)
    event: Mapped[str]
    actor: Mapped[str | None]
    account_id: Mapped[UUID | None]
    client_id: Mapped[str | None]
    address: Mapped[str | None]
    result: Mapped[str]
    details: Mapped[dict[str, Any]]

    __table_args__ = (
        Index("ix_audit_rows_account_id", "account_id", "number"),
        Index("ix_audit_rows_client_id", "client_id", "number"),
        Index("ix_audit_rows_event", "event", "number"),
    )


MODELS = (PendingAuditRow, AuditRow)
