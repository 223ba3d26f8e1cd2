"""Places with a goal, an owner and an audience; the groups and grants that say who that is."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.base import Base
from shared.tools.people.models import Person


class Group(Base):
    """People who are granted things together. A group with a `role` holds whoever has that role."""

    __tablename__ = "groups"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(server_default=text("1"))


class GroupMember(Base):
    __tablename__ = "group_members"

    group_id: Mapped[UUID] = mapped_column(ForeignKey(Group.id, ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id, ondelete="CASCADE"), primary_key=True)
    joined_at: Mapped[datetime]

    __table_args__ = (Index("ix_group_members_person", "person_id"),)


class Space(Base):
    """`kinds` are the kinds of topic that may be started here; `goal` says in a sentence what it is for.

    An archived space is read as before; only who moderates it adds to it. Authors still mend their own.
    """

    __tablename__ = "spaces"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    goal: Mapped[str] = mapped_column(server_default="")
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    kinds: Mapped[list[str]]
    position: Mapped[int] = mapped_column(server_default=text("0"))
    topic_count: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))


class SpaceGrant(Base):
    """This group may act in this space up to this `Level`; a higher level includes the lower ones."""

    __tablename__ = "space_grants"

    space_id: Mapped[UUID] = mapped_column(ForeignKey(Space.id, ondelete="CASCADE"), primary_key=True)
    group_id: Mapped[UUID] = mapped_column(ForeignKey(Group.id, ondelete="CASCADE"), primary_key=True)
    level: Mapped[int] = mapped_column(SmallInteger)

    __table_args__ = (
        CheckConstraint("level in (10, 20, 30, 40, 50)", name="level_is_known"),
        Index("ix_space_grants_group", "group_id"),
    )


MODELS: tuple[type[Any], ...] = (Group, GroupMember, Space, SpaceGrant)
