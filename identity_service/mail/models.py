"""The table of mails."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.base import Base


class Mail(Base):
    """One mail on its way. It is deleted once it was sent, since its text may hold a one-time link.

    `filed_at` is set once a mailbox of development has written it to its folder too.
    """

    __tablename__ = "mails"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    to: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    html: Mapped[str | None]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int]
    last_error: Mapped[str | None]
    given_up_at: Mapped[datetime | None]
    filed_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_mails_due", "due_at", postgresql_where=text("given_up_at is null")),)


MODELS = (Mail,)
