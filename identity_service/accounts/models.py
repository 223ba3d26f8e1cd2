"""Tables of accounts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.base import Base


class Organisation(Base):
    """A company whose people use the outer community. Its partners' people get the role `partner`."""

    __tablename__ = "organisations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    is_partner: Mapped[bool]


class OrganisationDomain(Base):
    """A domain an organisation says is its own; it counts once it was proved, by mail or by staff.

    The key is the domain in lower case (IDNA): one organisation has it, whoever proves it first.
    """

    __tablename__ = "organisation_domains"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey(Organisation.id, ondelete="CASCADE"), index=True)
    domain: Mapped[str]
    created_at: Mapped[datetime]
    verified_at: Mapped[datetime | None]
    verified_how: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("organisation_id", "domain"),
        Index(
            "ix_organisation_domains_proved",
            "domain",
            unique=True,
            postgresql_where=text("verified_at is not null"),
        ),
        CheckConstraint("verified_how in ('mail', 'staff')", name="verified_how"),
    )


class Account(Base):
    """One person in one realm. The `id` is the `sub` of tokens: random, so that it tells no time.

    Equal addresses in two realms are two accounts that never meet. `is_organisation_admin` lets a customer
    invite and remove people of their organisation; `picture_id` is the picture's public, random id.
    `deactivated_because` says how it was shut: a directory opens only what directories shut. Of its `roles`,
    `given_roles` were given by hand, and the others come by groups and by providers upstream.
    """

    __tablename__ = "accounts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    realm: Mapped[str]
    email: Mapped[str]
    email_key: Mapped[str]
    email_verified_at: Mapped[datetime | None]
    name: Mapped[str]
    roles: Mapped[list[str]]
    given_roles: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey(Organisation.id))
    is_organisation_admin: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    locale: Mapped[str | None]
    zoneinfo: Mapped[str | None]
    picture_id: Mapped[UUID | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deactivated_at: Mapped[datetime | None]
    deactivated_because: Mapped[str | None]

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

    `account_id` is empty for a registration: the account is made only once the link was used. `subject_id`
    is what else the link is about, such as the domain to be proved.
    """

    __tablename__ = "email_proofs"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    realm: Mapped[str]
    email: Mapped[str]
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"))
    pending_id: Mapped[UUID | None]
    subject_id: Mapped[UUID | None]
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(
            "purpose in ('sign_up', 'set_password', 'change_email', 'undo_email', 'undo_closing', 'domain')",
            name="purpose",
        ),
        Index("ix_email_proofs_expires", "expires_at"),
    )


class Invitation(Base):
    """Somebody was invited to have an account, with what it will have. One open one per address and realm."""

    __tablename__ = "invitations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    realm: Mapped[str]
    email: Mapped[str]
    email_key: Mapped[str]
    roles: Mapped[list[str]]
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey(Organisation.id, ondelete="CASCADE"))
    is_organisation_admin: Mapped[bool]
    invited_by: Mapped[UUID | None] = mapped_column(ForeignKey(Account.id, ondelete="SET NULL"))
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (
        UniqueConstraint("realm", "email_key"),
        CheckConstraint("realm in ('staff', 'customer')", name="realm"),
    )


class Closing(Base):
    """An account whose person closed it: out of use at once, erased at `due_at` unless they come back."""

    __tablename__ = "closings"

    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"), primary_key=True)
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)


MODELS = (
    Organisation,
    OrganisationDomain,
    Account,
    PasswordCredential,
    EmailProof,
    Invitation,
    Closing,
)
