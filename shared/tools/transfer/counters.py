"""Counts anew what is kept with the rows of topics and posts, after many were written at once."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from shared.tools.spaces.models import Space
from shared.tools.topics.models import Post, Topic
from shared.tools.transfer.batches import batches

_TOPICS = bindparam("topics", type_=ARRAY(Uuid()))
_Comment = aliased(Post, name="comment")

_COMMENT_COUNTS = (
    update(Post)
    .where(Post.topic_id == any_(_TOPICS), Post.reply_to.is_(None))
    .values(
        comment_count=select(func.count())
        .where(_Comment.reply_to == Post.id, _Comment.deleted_at.is_(None))
        .scalar_subquery()
    )
    .execution_options(synchronize_session=False)
)
_OF_TOPIC = (Post.topic_id == Topic.id, Post.deleted_at.is_(None))
_TOPIC_COUNTS = (
    update(Topic)
    .where(Topic.id == any_(_TOPICS))
    .values(
        reply_count=select(func.count())
        .where(*_OF_TOPIC, Post.reply_to.is_(None), Post.is_first.is_(False))
        .scalar_subquery(),
        last_post_at=select(func.max(Post.created_at)).where(*_OF_TOPIC).scalar_subquery(),
        version=Topic.version + 1,
    )
    .execution_options(synchronize_session=False)
)


async def recount(session: AsyncSession, topics: Iterable[UUID]) -> None:
    """Comments of each post; replies and time of the last post of each of these topics."""
    for batch in batches(topics):
        await session.execute(_COMMENT_COUNTS, {"topics": batch})
        await session.execute(_TOPIC_COUNTS, {"topics": batch})


async def recount_space(session: AsyncSession, space_id: UUID) -> None:
    """Topics of a space."""
    count = select(func.count()).where(Topic.space_id == space_id, Topic.deleted_at.is_(None))
    await session.execute(
        update(Space).where(Space.id == space_id).values(topic_count=count.scalar_subquery())
    )
