"""Topics, the posts in them, what was changed, and who reacted."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Computed, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.base import Base
from shared.tools.people.models import Person
from shared.tools.spaces.models import Space


class Topic(Base):
    """Anything with a title that people can discuss. Its `kind` sets its rules and never changes here.

    Counters are kept with the row; `version` grows with every change that a reader could see, but not with
    votes and reactions: those are counted on the posts.
    """

    __tablename__ = "topics"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    space_id: Mapped[UUID] = mapped_column(ForeignKey(Space.id))
    kind: Mapped[str]
    author_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), index=True)
    title: Mapped[str]
    slug: Mapped[str]
    tags: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    created_at: Mapped[datetime]
    last_post_at: Mapped[datetime]
    reply_count: Mapped[int] = mapped_column(server_default=text("0"))
    closed_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    search: Mapped[str] = mapped_column(
        TSVECTOR, Computed("setweight(to_tsvector('english', title), 'A')", persisted=True), deferred=True
    )

    __table_args__ = (
        Index("ix_topics_active", "last_post_at", "id", postgresql_where=text("deleted_at is null")),
        Index(
            "ix_topics_space_active",
            "space_id",
            "last_post_at",
            "id",
            postgresql_where=text("deleted_at is null"),
        ),
        Index("ix_topics_tags", "tags", postgresql_using="gin"),
        Index("ix_topics_search", "search", postgresql_using="gin"),
    )


class Post(Base):
    """A message in a topic. `is_first` marks the topic's own text; a comment answers a post (`reply_to`).

    `html` is made from `body` (Markdown) when it is written, never when it is read.
    """

    __tablename__ = "posts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    topic_id: Mapped[UUID] = mapped_column(ForeignKey(Topic.id))
    reply_to: Mapped[UUID | None] = mapped_column(ForeignKey("posts.id"))
    is_first: Mapped[bool] = mapped_column(server_default=text("false"))
    author_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), index=True)
    body: Mapped[str]
    html: Mapped[str]
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    edit_count: Mapped[int] = mapped_column(server_default=text("0"))
    deleted_at: Mapped[datetime | None]
    score: Mapped[int] = mapped_column(server_default=text("0"))
    comment_count: Mapped[int] = mapped_column(server_default=text("0"))
    reactions: Mapped[dict[str, int]] = mapped_column(server_default=text("'{}'"))
    search: Mapped[str] = mapped_column(
        TSVECTOR, Computed("to_tsvector('english', body)", persisted=True), deferred=True
    )

    __table_args__ = (
        Index("ix_posts_topic", "topic_id", "created_at", "id", postgresql_where=text("reply_to is null")),
        Index(
            "ix_posts_comments", "reply_to", "created_at", "id", postgresql_where=text("reply_to is not null")
        ),
        Index("uq_posts_first", "topic_id", unique=True, postgresql_where=text("is_first")),
        Index("ix_posts_search", "search", postgresql_using="gin"),
    )


class PostRevision(Base):
    """What a post said before its `number`-th edit. `title` and `tags` are set on a topic's first post."""

    __tablename__ = "post_revisions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    post_id: Mapped[UUID] = mapped_column(ForeignKey(Post.id))
    number: Mapped[int]
    editor_id: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    body: Mapped[str]
    title: Mapped[str | None]
    tags: Mapped[list[str] | None]
    reason: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime]

    __table_args__ = (Index("uq_post_revisions_number", "post_id", "number", unique=True),)


class Reaction(Base):
    __tablename__ = "reactions"

    post_id: Mapped[UUID] = mapped_column(ForeignKey(Post.id, ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]

    __table_args__ = (Index("ix_reactions_person", "person_id"),)


MODELS: tuple[type[Any], ...] = (Topic, Post, PostRevision, Reaction)
