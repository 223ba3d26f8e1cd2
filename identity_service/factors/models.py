"""Tables of factors."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.accounts.models import Account
from identity_service.base import Base


class TotpCredential(Base):
    """The shared secret of an authenticator app, sealed. It counts once `confirmed_at` is set.

    `last_step` is the time step of the newest code that was taken: no code works twice, nor an older one.
    `place` is the session or half-done sign-in that was shown the secret.
    """

    __tablename__ = "totp_credentials"

    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"), primary_key=True)
    sealed_secret: Mapped[bytes]
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    place: Mapped[UUID | None]
    last_step: Mapped[int | None] = mapped_column(BigInteger)
    last_used_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """One code for the day the telephone is lost. A new set replaces the old one."""

    __tablename__ = "recovery_codes"

    code_hash: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Passkey(Base):
    """A public key of an authenticator (WebAuthn). The person gives it a name."""

    __tablename__ = "passkeys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(unique=True)
    public_key: Mapped[bytes]
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[list[str]]
    is_synced: Mapped[bool]
    name: Mapped[str]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class PasskeyChallenge(Base):
    """A challenge that waits for its one answer. `account_id` is empty while nobody is known yet."""

    __tablename__ = "passkey_challenges"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    realm: Mapped[str]
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"))
    challenge: Mapped[bytes]
    expires_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("purpose in ('register', 'sign_in', 'second')", name="purpose"),
        Index("ix_passkey_challenges_expires", "expires_at"),
    )


MODELS = (TotpCredential, RecoveryCode, Passkey, PasskeyChallenge)
