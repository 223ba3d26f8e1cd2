"""What a directory says of people beyond their accounts, their groups, and the tokens it comes with."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.accounts.models import Account
from identity_service.base import Base


class ScimToken(Base):
    """A provisioning token that does not end by itself, for directories that know no OAuth. 256 random bits,
    kept as their SHA-256."""

    __tablename__ = "scim_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class ScimUser(Base):
    """A staff account as the directory described it last.

    `document` holds the attributes of the resource but those with a column here or in the account. An
    account without a row here was made by other means and is shown as its account says. Once it was deleted
    by the directory it is hidden, and its `user_name` is free again.
    """

    __tablename__ = "scim_users"

    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"), primary_key=True)
    user_name: Mapped[str]
    user_name_key: Mapped[str | None] = mapped_column(unique=True)
    external_id: Mapped[str | None] = mapped_column(index=True)
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    hidden_at: Mapped[datetime | None]


class Group(Base):
    """People who belong together. Whoever is in a group with a `role` has that role.

    `is_provisioned`: a directory keeps it. The others are kept by administrators, and no directory sees them.
    """

    __tablename__ = "groups"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    display_name: Mapped[str]
    display_name_key: Mapped[str] = mapped_column(index=True)
    external_id: Mapped[str | None] = mapped_column(index=True)
    role: Mapped[str | None]
    is_provisioned: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class GroupMember(Base):
    __tablename__ = "group_members"

    group_id: Mapped[UUID] = mapped_column(ForeignKey(Group.id, ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"), primary_key=True)
    joined_at: Mapped[datetime]

    __table_args__ = (Index("ix_group_members_account", "account_id"),)


MODELS = (ScimToken, ScimUser, Group, GroupMember)
