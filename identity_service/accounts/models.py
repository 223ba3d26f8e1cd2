"""Tables of accounts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.base import Base


class Organisation(Base):
    """A company whose people use the outer community. Its partners' people get the role `partner`."""

    __tablename__ = "organisations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    is_partner: Mapped[bool]


class Account(Base):
    """One person in one realm. The `id` is the `sub` of tokens: random, so that it tells no time.

    Equal addresses in two realms are two accounts that never meet.
    """

    __tablename__ = "accounts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    realm: Mapped[str]
    email: Mapped[str]
    email_key: Mapped[str]
    email_verified_at: Mapped[datetime | None]
    name: Mapped[str]
    roles: Mapped[list[str]]
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey(Organisation.id))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deactivated_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("realm", "email_key"),
        CheckConstraint("realm in ('staff', 'customer')", name="realm"),
    )


class PasswordCredential(Base):
    """The argon2id hash of an account's password."""

    __tablename__ = "password_credentials"

    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"), primary_key=True)
    password_hash: Mapped[str]
    changed_at: Mapped[datetime]


class EmailProof(Base):
    """A one-time link. Whoever opens it reads the mailbox `email` (or was handed the link by an operator).

    `account_id` is empty for a registration: the account is made only once the link was used.
    """

    __tablename__ = "email_proofs"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    realm: Mapped[str]
    email: Mapped[str]
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"))
    pending_id: Mapped[UUID | None]
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("purpose in ('sign_up', 'set_password')", name="purpose"),
        Index("ix_email_proofs_expires", "expires_at"),
    )


MODELS = (Organisation, Account, PasswordCredential, EmailProof)
