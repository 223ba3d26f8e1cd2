"""The forms of a question: voting, and accepting an answer. Each leads back to the post."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from shared.tools.questions.service import QuestionService
from shared.tools.topics.addresses import post_address
from shared.tools.topics.deps import Content
from shared.web.edge import PageWrite, WriteRoute
from shared.web.page import came_from, see

router = APIRouter(include_in_schema=False, route_class=WriteRoute)


@router.post("/p/{post_id:uuid}/vote")
async def vote(
    request: Request,
    ctx: PageWrite,
    catalog: Content,
    post_id: UUID,
    vote: Annotated[Literal["1", "0", "-1"], Form()],
) -> Response:
    await QuestionService(ctx.person(), catalog).vote(post_id, int(vote))
    return see(f"{came_from(request, post_address(post_id))}#p-{post_id}")


@router.post("/p/{post_id:uuid}/accept")
async def accept(
    ctx: PageWrite, catalog: Content, post_id: UUID, accept: Annotated[bool, Form()] = True
) -> Response:
    service = QuestionService(ctx.person(), catalog)
    answer = await service.reading.post(post_id)
    if accept:
        await service.accept(answer.topic_id, post_id)
    else:
        await service.unaccept(answer.topic_id)
    return see(post_address(post_id))
