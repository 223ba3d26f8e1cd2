"""Starting a topic: where, of which kind, and the form."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from shared.db.context import ReadContext
from shared.kernel.errors import Invalid
from shared.kernel.text import clean_line
from shared.tools.spaces.schemas import SpaceView
from shared.tools.spaces.service import LEVELS, visible_space
from shared.tools.topics.addresses import topic_address
from shared.tools.topics.catalog import Catalog
from shared.tools.topics.deps import Content
from shared.tools.topics.kinds import KindSpec
from shared.tools.topics.pages.preview import previewed
from shared.tools.topics.permissions import decide_start
from shared.tools.topics.schemas import TopicCreate
from shared.tools.topics.service import TopicService
from shared.web.csrf import own_form_only
from shared.web.edge import PageRead, PageWrite, WriteRoute
from shared.web.forms import NOTHING_WRONG, Refusal, read
from shared.web.page import ShowAgain, see, show

router = APIRouter(include_in_schema=False, route_class=WriteRoute)

TAG_RULE = "Tags are lower-case words of letters, digits and . + # - and begin with a letter or digit."
IDS = {"body": "new-text"}
Typed = Annotated[str, Form()]


def tag_words(typed: str) -> list[str]:
    """`Gateway, #wifi` as `["gateway", "wifi"]`."""
    return [word.lstrip("#") for word in re.split(r"[\s,;]+", typed.lower()) if word.strip("#")]


def chosen_kind(catalog: Catalog, space: SpaceView, wanted: str | None) -> KindSpec:
    """The kind asked for when this space takes it, else the first it takes."""
    here = [name for name in space.kinds if name in catalog.kinds]
    return catalog.kinds[wanted if wanted in here else here[0]]


@router.get("/new")
async def choose_space(request: Request, ctx: PageRead, catalog: Content) -> Response:
    ctx.require(decide_start(ctx.actor, max(LEVELS.values())))
    return await show(request, ctx, "topics/choose.html", kinds=catalog.kinds)


async def _form(
    request: Request, ctx: ReadContext, catalog: Catalog, space: SpaceView, kind: str | None, **values: Any
) -> Response:
    empty = dict.fromkeys(("title", "tags", "body", "preview_html"), "")
    defaults: dict[str, Any] = {**empty, "refused": NOTHING_WRONG}
    return await show(
        request,
        ctx,
        "topics/new.html",
        here=space.slug,
        space=space,
        kind=chosen_kind(catalog, space, kind),
        kinds=catalog.kinds,
        **(defaults | values),
    )


@router.get("/s/{slug}/new")
async def show_form(
    request: Request,
    ctx: PageRead,
    catalog: Content,
    slug: str,
    kind: Annotated[str | None, Query(max_length=40)] = None,
) -> Response:
    space = await visible_space(ctx, clean_line(slug))
    ctx.require(decide_start(ctx.actor, LEVELS[space.level]))
    return await _form(request, ctx, catalog, space, kind)


@router.post("/s/{slug}/new")
async def start_topic(
    request: Request,
    ctx: PageWrite,
    catalog: Content,
    slug: str,
    kind: Typed = "",
    title: Typed = "",
    tags: Typed = "",
    body: Typed = "",
) -> Response:
    space = await visible_space(ctx.person(), clean_line(slug))
    typed = {"title": title, "tags": tags, "body": body}
    try:
        new = read(
            TopicCreate,
            {"tags": TAG_RULE},
            space=space.id,
            kind=kind,
            **(typed | {"tags": tag_words(tags)}),
        )
        topic = await TopicService(ctx, catalog).start(new)
    except Invalid as problem:
        refused = Refusal(problem, ids=IDS, about="body", labels={"body": "Text"})
        raise ShowAgain(_form, catalog, space, kind, **typed, refused=refused) from None
    return see(topic_address(topic))


@router.post("/s/{slug}/new/preview", dependencies=[Depends(own_form_only)])
async def preview_topic(
    request: Request,
    ctx: PageRead,
    catalog: Content,
    slug: str,
    kind: Typed = "",
    title: Typed = "",
    tags: Typed = "",
    body: Typed = "",
) -> Response:
    space = await visible_space(ctx.person(), clean_line(slug))
    shown = await previewed(body, id="new-text")
    return await _form(request, ctx, catalog, space, kind, title=title, tags=tags, **shown)
