"""Use cases of questions: voting and accepting."""

from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from shared.db.context import Context
from shared.kernel.errors import Conflict, NotFound
from shared.tools.questions.models import Question, Vote
from shared.tools.questions.permissions import QuestionPermission, decide
from shared.tools.topics.catalog import Catalog
from shared.tools.topics.models import Post
from shared.tools.topics.reading import TopicReader
from shared.tools.topics.schemas import PostView, TopicView
from shared.tools.topics.service import rate, touch


class NotAQuestion(Conflict):
    code = "questions.not_a_question"
    title = "This topic is not a question"


class QuestionService:
    def __init__(self, ctx: Context, catalog: Catalog) -> None:
        self.ctx = ctx
        self.reading = TopicReader(ctx, catalog)

    async def accept(self, topic_id: UUID, post_id: UUID) -> TopicView:
        """Makes one answer the accepted one; another one stops being it."""
        topic = await self.reading.topic_row(topic_id)
        if topic["kind"] != "question":
            raise NotAQuestion
        await touch(self.ctx, topic_id)
        post = await self.reading.post_row(post_id)
        if post["topic_id"] != topic_id:
            raise NotFound("There is no such answer to this question.")
        self.ctx.require(decide(QuestionPermission.ACCEPT, self.ctx.actor, topic, post))
        await self._set_accepted(topic_id, post_id)
        return await self.reading.topic(topic_id)

    async def unaccept(self, topic_id: UUID) -> TopicView:
        topic = await self.reading.topic_row(topic_id)
        if topic["kind"] != "question":
            raise NotAQuestion
        answer = {"reply_to": None, "is_first": False, "post_author_id": None}
        self.ctx.require(decide(QuestionPermission.ACCEPT, self.ctx.actor, topic, answer))
        await touch(self.ctx, topic_id)
        await self._set_accepted(topic_id, None)
        return await self.reading.topic(topic_id)

    async def _set_accepted(self, topic_id: UUID, post_id: UUID | None) -> None:
        now = self.ctx.now()
        await self.ctx.session.execute(
            update(Question)
            .where(Question.topic_id == topic_id)
            .values(
                accepted_post_id=post_id,
                accepted_at=now if post_id else None,
                accepted_by=self.ctx.actor.person_id if post_id else None,
            )
        )

    async def vote(self, post_id: UUID, value: int) -> PostView:
        """Sets the actor's vote to +1 or -1, or takes it back with 0; the score follows."""
        post = await self.reading.post_row(post_id)
        if post["kind"] != "question":
            raise NotAQuestion
        self.ctx.require(decide(QuestionPermission.VOTE, self.ctx.actor, post, post))
        session, mine = (
            self.ctx.session,
            (Vote.post_id == post_id, Vote.person_id == self.ctx.actor.person_id),
        )
        await session.execute(select(Post.id).where(Post.id == post_id).with_for_update(key_share=True))
        before = await session.scalar(select(Vote.value).where(*mine)) or 0
        if value:
            await session.execute(
                insert(Vote)
                .values(
                    post_id=post_id,
                    person_id=self.ctx.actor.person_id,
                    value=value,
                    created_at=self.ctx.now(),
                )
                .on_conflict_do_update(index_elements=[Vote.post_id, Vote.person_id], set_={"value": value})
            )
        else:
            await session.execute(delete(Vote).where(*mine))
        if value != before:
            await rate(self.ctx, post_id, score=Post.score + (value - before))
        return await self.reading.post(post_id)
