"""What an import leaves behind beside the content: where each thing came from, and how it stood there."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from shared.db.base import Base
from shared.tools.topics.models import Post, Topic


class ImportedRecord(Base):
    """A record of a source that is here already, so that importing it again changes nothing.

    `source` names the origin, such as `stackexchange:cooking.stackexchange.com`; `kind` is one of `user`,
    `former author`, `post`, `comment`, `revision`, `tag` and `link`; `external_id` is the record's own id
    there. `local_id` is the person, post or revision it became, NULL for what has no row of its own.
    """

    __tablename__ = "imported_records"

    source: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    local_id: Mapped[UUID | None]
    imported_at: Mapped[datetime]

    __table_args__ = (Index("ix_imported_records_local", "local_id"),)


class PostAttribution(Base):
    """Whose words an imported post holds and under which licence they may be shown.

    `posts.score` is `imported_score` and the votes cast here. Authors are named as the source named them,
    whoever is merged with them later.
    """

    __tablename__ = "post_attributions"

    post_id: Mapped[UUID] = mapped_column(ForeignKey(Post.id, ondelete="CASCADE"), primary_key=True)
    site: Mapped[str]
    source_url: Mapped[str]
    author_name: Mapped[str]
    author_url: Mapped[str | None]
    licence: Mapped[str]
    imported_score: Mapped[int]
    imported_at: Mapped[datetime]


class TopicLink(Base):
    """One topic points at another: `linked` in its text, or `duplicate` of it."""

    __tablename__ = "topic_links"

    topic_id: Mapped[UUID] = mapped_column(ForeignKey(Topic.id, ondelete="CASCADE"), primary_key=True)
    related_topic_id: Mapped[UUID] = mapped_column(ForeignKey(Topic.id, ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("kind in ('linked', 'duplicate')", name="kind_is_known"),
        CheckConstraint("topic_id <> related_topic_id", name="not_to_itself"),
        Index("ix_topic_links_related", "related_topic_id"),
    )


MODELS: tuple[type[Any], ...] = (ImportedRecord, PostAttribution, TopicLink)
