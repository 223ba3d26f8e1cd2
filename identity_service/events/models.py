"""Tables of security events and of who has not heard them yet."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.base import Base
from identity_service.clients.models import Client


class SecurityEvent(Base):
    """Something that happened to a session or an account. The `id` is the `jti` of its token.

    There is no foreign key to the account: that it was purged is an event too.
    """

    __tablename__ = "security_events"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    arrival: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    kind: Mapped[str]
    account_id: Mapped[UUID]
    session_id: Mapped[UUID | None]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(index=True)


class SecurityEventDelivery(Base):
    """One receiver that has not acknowledged one event yet; gone once it has."""

    __tablename__ = "security_event_deliveries"

    client_id: Mapped[str] = mapped_column(ForeignKey(Client.id, ondelete="CASCADE"), primary_key=True)
    event_id: Mapped[UUID] = mapped_column(
        ForeignKey(SecurityEvent.id, ondelete="CASCADE"), primary_key=True, index=True
    )


MODELS = (SecurityEvent, SecurityEventDelivery)
