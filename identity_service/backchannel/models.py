"""Logout tokens that are on their way."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.base import Base
from identity_service.clients.models import Client


class LogoutNotice(Base):
    """One client that has not been told yet; gone once it answered, or after the last attempt.

    Without a session it is about all that the account had there. There is no foreign key to either: both
    may be deleted before the client was reached.
    """

    __tablename__ = "logout_notices"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey(Client.id, ondelete="CASCADE"))
    account_id: Mapped[UUID]
    session_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(server_default=text("0"))


MODELS = (LogoutNotice,)
