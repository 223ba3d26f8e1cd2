"""The front page, a space, and a person: each a list of topics."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from shared.kernel.text import clean_line
from shared.tools.spaces.permissions import SpacePermission, decide
from shared.tools.spaces.service import visible_space
from shared.tools.topics.deps import Content, Cursor
from shared.tools.topics.profiles import profile
from shared.tools.topics.reading import TopicFilter, TopicReader
from shared.web.edge import PageRead
from shared.web.page import show
from shared.web.routes import ReadRoute

router = APIRouter(include_in_schema=False, route_class=ReadRoute)

LATEST = 20
Kind = Annotated[str | None, Query(max_length=40)]
Tag = Annotated[str | None, Query(max_length=35)]


@router.get("/")
async def show_front(request: Request, ctx: PageRead, catalog: Content, cursor: Cursor = None) -> Response:
    topics = await TopicReader(ctx, catalog).topics(TopicFilter(), cursor=cursor, limit=LATEST)
    return await show(request, ctx, "topics/front.html", topics=topics, cursor=cursor, kinds=catalog.kinds)


@router.get("/s/{slug}")
async def show_space(
    request: Request,
    ctx: PageRead,
    catalog: Content,
    slug: str,
    kind: Kind = None,
    tag: Tag = None,
    cursor: Cursor = None,
) -> Response:
    space = await visible_space(ctx, clean_line(slug))
    kind, tag = (clean_line(value) if value else None for value in (kind, tag))
    wanted = TopicFilter(space=space.id, kind=kind, tag=tag)
    topics = await TopicReader(ctx, catalog).topics(wanted, cursor=cursor)
    return await show(
        request,
        ctx,
        "topics/space.html",
        here=space.slug,
        space=space,
        topics=topics,
        kinds=catalog.kinds,
        wanted=wanted,
        cursor=cursor,
        may_manage=bool(decide(SpacePermission.CREATE, ctx.actor)),
    )


@router.get("/people/{person_id:uuid}")
async def show_person(
    request: Request, ctx: PageRead, catalog: Content, person_id: UUID, cursor: Cursor = None
) -> Response:
    person = await profile(ctx, person_id)
    wanted = TopicFilter(author=person.id)
    topics = await TopicReader(ctx, catalog).topics(wanted, cursor=cursor)
    return await show(
        request,
        ctx,
        "topics/person.html",
        person=person,
        topics=topics,
        kinds=catalog.kinds,
        cursor=cursor,
    )
