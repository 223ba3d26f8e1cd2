"""A topic with its replies, and what is done to it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from shared.db.context import ReadContext
from shared.kernel.errors import Invalid
from shared.tools.topics.addresses import post_address, space_address, topic_address, with_query
from shared.tools.topics.catalog import Catalog
from shared.tools.topics.deps import Content, Cursor
from shared.tools.topics.pages.preview import previewed
from shared.tools.topics.permissions import TopicPermission, decide_topic
from shared.tools.topics.reading import TopicReader
from shared.tools.topics.schemas import PostCreate, TopicUpdate
from shared.tools.topics.service import TopicService
from shared.web.csrf import own_form_only
from shared.web.edge import PageRead, PageWrite, WriteRoute
from shared.web.forms import NOTHING_WRONG, Refusal, read
from shared.web.page import ShowAgain, see, show

router = APIRouter(include_in_schema=False, route_class=WriteRoute)

REPLIES = 20
IDS = {"body": "reply-text"}
Typed = Annotated[str, Form()]


async def _page(
    request: Request,
    ctx: ReadContext,
    catalog: Catalog,
    topic_id: UUID,
    *,
    slug: str | None = None,
    cursor: str | None = None,
    **values: Any,
) -> Response:
    topic, replies = await TopicReader(ctx, catalog).page(topic_id, cursor=cursor, limit=REPLIES)
    if slug is not None and slug != topic.slug:
        return RedirectResponse(topic_address(topic, cursor=cursor), 301)
    defaults: dict[str, Any] = {"body": "", "refused": NOTHING_WRONG, "preview_html": ""}
    return await show(
        request,
        ctx,
        "topics/topic.html",
        here=topic.space.slug,
        topic=topic,
        replies=replies,
        kind=catalog.kinds[topic.kind],
        panels=catalog.slots,
        cursor=cursor,
        **(defaults | values),
    )


@router.get("/t/{topic_id:uuid}/{slug}")
async def show_topic(
    request: Request, ctx: PageRead, catalog: Content, topic_id: UUID, slug: str, cursor: Cursor = None
) -> Response:
    return await _page(request, ctx, catalog, topic_id, slug=slug, cursor=cursor)


@router.get("/t/{topic_id:uuid}")
@router.get("/topics/{topic_id:uuid}")
async def find_topic(request: Request, ctx: PageRead, catalog: Content, topic_id: UUID) -> Response:
    """An address without words, as other tools know it."""
    return await _page(request, ctx, catalog, topic_id, slug="")


@router.post("/topics/{topic_id:uuid}/reply")
async def reply(
    request: Request,
    ctx: PageWrite,
    catalog: Content,
    topic_id: UUID,
    body: Typed = "",
) -> Response:
    try:
        post = await TopicService(ctx.person(), catalog).reply(topic_id, read(PostCreate, body=body))
    except Invalid as problem:
        refused = Refusal(problem, ids=IDS, about="body", labels={"body": "Text"})
        raise ShowAgain(_page, catalog, topic_id, body=body, refused=refused) from None
    return see(post_address(post.id))


@router.post("/topics/{topic_id:uuid}/reply/preview", dependencies=[Depends(own_form_only)])
async def preview_reply(
    request: Request, ctx: PageRead, catalog: Content, topic_id: UUID, body: Typed = ""
) -> Response:
    shown = await previewed(body, id="reply-text")
    return await _page(request, ctx.person(), catalog, topic_id, **shown, focus=True)


@router.post("/topics/{topic_id:uuid}/close")
async def close(
    ctx: PageWrite, catalog: Content, topic_id: UUID, closed: Annotated[bool, Form()] = True
) -> Response:
    topic = await TopicService(ctx.person(), catalog).update(topic_id, TopicUpdate(closed=closed))
    return see(topic_address(topic))


@router.get("/topics/{topic_id:uuid}/remove")
async def ask_removal(request: Request, ctx: PageRead, catalog: Content, topic_id: UUID) -> Response:
    reading = TopicReader(ctx, catalog)
    ctx.require(decide_topic(TopicPermission.DELETE, ctx.actor, await reading.topic_row(topic_id)))
    topic = await reading.topic(topic_id)
    return await show(request, ctx, "topics/remove_topic.html", here=topic.space.slug, topic=topic)


@router.post("/topics/{topic_id:uuid}/remove")
async def remove(ctx: PageWrite, catalog: Content, topic_id: UUID) -> Response:
    service = TopicService(ctx.person(), catalog)
    topic = await service.reading.topic(topic_id)
    await service.delete(topic_id)
    return see(with_query(space_address(topic.space.slug), done="topic-removed"))
