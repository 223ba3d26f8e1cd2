"""What a question has beyond a topic: the answer that was accepted, and votes on its posts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.base import Base
from shared.tools.people.models import Person
from shared.tools.topics.models import Post, Topic


class Question(Base):
    """The extension row of a topic of kind `question`."""

    __tablename__ = "questions"

    topic_id: Mapped[UUID] = mapped_column(ForeignKey(Topic.id), primary_key=True)
    accepted_post_id: Mapped[UUID | None] = mapped_column(ForeignKey(Post.id))
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))


class Vote(Base):
    """One person's +1 or -1 on a post. `posts.score` is the sum of these and of what was imported."""

    __tablename__ = "votes"

    post_id: Mapped[UUID] = mapped_column(ForeignKey(Post.id, ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), primary_key=True)
    value: Mapped[int] = mapped_column(SmallInteger)
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("value in (-1, 1)", name="value_is_a_vote"),
        Index("ix_votes_person", "person_id"),
    )


MODELS: tuple[type[Any], ...] = (Question, Vote)
