"""The table of known browsers."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.accounts.models import Account
from identity_service.base import Base


class KnownDevice(Base):
    """A browser in which one account was signed in, found again by a secret in a cookie.

    Until `remembered_until` it is asked for the first factor only. The secret is renewed at each sign-in, for
    all accounts of that browser at once, so that nobody can plant one there that they know.
    """

    __tablename__ = "known_devices"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"), index=True)
    secret_hash: Mapped[str] = mapped_column(index=True)
    user_agent: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    remembered_until: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("account_id", "secret_hash"),)


MODELS = (KnownDevice,)
