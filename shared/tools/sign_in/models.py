"""Browser sessions of this service, and what identity said to be over.

The browser holds a random key; the tokens stay here, encrypted.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.base import Base
from shared.tools.people.models import Person


class WebSession(Base):
    """`id` is the SHA-256 of the cookie's value. `tokens` holds access, refresh and id token, encrypted.

    `created_at` is when identity issued the tokens with which the session began, by identity's clock.
    """

    __tablename__ = "web_sessions"

    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id, ondelete="CASCADE"), index=True)
    identity_sid: Mapped[str | None] = mapped_column(index=True)
    tokens: Mapped[bytes]
    created_at: Mapped[datetime]
    refreshed_at: Mapped[datetime]
    tokens_expire_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class Revocation(Base):
    """Tokens that are refused before their end: all of a session at identity (`id` is its `sid`), or those
    of an account that were issued up to `not_before` (`id` is its `sub`).

    `digest` is the SHA-256 of `id`, so that a process can look without being told whom it is about.
    """

    __tablename__ = "revocations"

    id: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    not_before: Mapped[datetime] = mapped_column(index=True)


class HeardEvent(Base):
    """The `jti` of a security event that was applied: what comes again changes nothing."""

    __tablename__ = "heard_events"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    heard_at: Mapped[datetime] = mapped_column(index=True)


class IdentityContact(Base):
    """One row: when identity last answered to the question what has happened."""

    __tablename__ = "identity_contact"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    answered_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)


MODELS: tuple[type[Any], ...] = (WebSession, Revocation, HeardEvent, IdentityContact)
