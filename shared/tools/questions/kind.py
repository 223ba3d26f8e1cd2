"""Questions: the accepted answer first, then by votes."""

from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, case, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db.query import Row
from shared.kernel.actor import Actor
from shared.tools.questions import drawing
from shared.tools.questions.models import Question, Vote
from shared.tools.questions.permissions import QuestionPermission, decide
from shared.tools.topics.kinds import Extension, KindSpec, PostParts
from shared.tools.topics.models import Post, Topic

_ACCEPTED = (
    select(Question.accepted_post_id)
    .where(Question.topic_id == Post.topic_id)
    .correlate(Post)
    .scalar_subquery()
)

STATE = Extension(
    name="question",
    topic_column=select(
        func.jsonb_build_object(
            "accepted_post_id", Question.accepted_post_id, "accepted_at", Question.accepted_at
        )
    )
    .where(Question.topic_id == Topic.id)
    .correlate(Topic)
    .scalar_subquery(),
    viewer_post_column=select(func.jsonb_build_object("my_vote", Vote.value))
    .where(Vote.post_id == Post.id, Vote.person_id == bindparam("viewer", type_=Uuid()))
    .correlate(Post)
    .scalar_subquery(),
)


async def create(session: AsyncSession, topic_id: UUID) -> None:
    await session.execute(insert(Question).values(topic_id=topic_id))


async def forget_post(session: AsyncSession, post_id: UUID) -> None:
    """An answer that is removed is not the accepted one any more."""
    accepted = update(Question).where(Question.accepted_post_id == post_id)
    await session.execute(accepted.values(accepted_post_id=None, accepted_at=None, accepted_by=None))


def abilities(actor: Actor, topic: Row, post: Row) -> list[str]:
    return [p.rpartition(":")[2] for p in QuestionPermission if decide(p, actor, topic, post)]


def is_settled(extensions: dict[str, Any]) -> bool:
    """Whether an answer was accepted."""
    return bool(extensions.get("question", {}).get("accepted_post_id"))


KIND = KindSpec(
    name="question",
    label="Question",
    icon="question",
    start_label="Ask a question",
    post_order=(case((Post.id == _ACCEPTED, 0), else_=1), -Post.score, Post.created_at, Post.id),
    extensions=(STATE,),
    post_abilities=abilities,
    create=create,
    forget_post=forget_post,
    reply_words=("answer", "answers"),
    parts=PostParts(drawing.rail, drawing.over, drawing.actions),
    is_settled=is_settled,
)
