"""Voting, and the accepted answer."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from shared.tools.questions.schemas import AcceptedAnswer, VotePut
from shared.tools.questions.service import QuestionService
from shared.tools.topics.deps import Content
from shared.tools.topics.schemas import PostView, TopicView
from shared.web.edge import API, ApiWrite, WriteRoute
from shared.web.json import Json

router = APIRouter(prefix=API, tags=["questions"], route_class=WriteRoute)

TOPIC: Json[TopicView] = Json(TopicView)
POST: Json[PostView] = Json(PostView)


@router.put("/topics/{topic_id}/accepted-answer", response_model=TopicView, summary="Accept an answer")
async def accept(ctx: ApiWrite, catalog: Content, topic_id: UUID, answer: AcceptedAnswer) -> Response:
    return TOPIC(await QuestionService(ctx.person(), catalog).accept(topic_id, answer.post))


@router.delete("/topics/{topic_id}/accepted-answer", response_model=TopicView, summary="Accept none")
async def unaccept(ctx: ApiWrite, catalog: Content, topic_id: UUID) -> Response:
    return TOPIC(await QuestionService(ctx.person(), catalog).unaccept(topic_id))


@router.put("/posts/{post_id}/vote", response_model=PostView, summary="Vote a post up or down")
async def vote(ctx: ApiWrite, catalog: Content, post_id: UUID, mine: VotePut) -> Response:
    return POST(await QuestionService(ctx.person(), catalog).vote(post_id, mine.value))


@router.delete("/posts/{post_id}/vote", response_model=PostView, summary="Take your vote back")
async def unvote(ctx: ApiWrite, catalog: Content, post_id: UUID) -> Response:
    return POST(await QuestionService(ctx.person(), catalog).vote(post_id, 0))
