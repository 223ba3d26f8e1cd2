"""Browser sessions of this service. The browser holds a random key; the tokens stay here, encrypted."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.base import Base
from shared.tools.people.models import Person


class WebSession(Base):
    """`id` is the SHA-256 of the cookie's value. `tokens` holds access, refresh and id token, encrypted."""

    __tablename__ = "web_sessions"

    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id, ondelete="CASCADE"), index=True)
    identity_sid: Mapped[str | None] = mapped_column(index=True)
    tokens: Mapped[bytes]
    created_at: Mapped[datetime]
    refreshed_at: Mapped[datetime]
    tokens_expire_at: Mapped[datetime]
    expires_at: Mapped[datetime]


MODELS: tuple[type[Any], ...] = (WebSession,)
