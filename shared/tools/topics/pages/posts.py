"""A single post: where it stands, its comments, editing and removing it, what it said before."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from shared.db.context import ReadContext
from shared.kernel.errors import Invalid, Stale
from shared.tools.topics import history
from shared.tools.topics.addresses import post_address, topic_address, with_query
from shared.tools.topics.catalog import Catalog
from shared.tools.topics.deps import Content, Cursor
from shared.tools.topics.pages.preview import previewed
from shared.tools.topics.pages.starting import TAG_RULE, tag_words
from shared.tools.topics.pages.topic import REPLIES
from shared.tools.topics.permissions import PostPermission, decide_post
from shared.tools.topics.reading import TopicReader
from shared.tools.topics.schemas import PostCreate, PostUpdate, TopicUpdate
from shared.tools.topics.service import TopicService
from shared.web.csrf import own_form_only
from shared.web.edge import PageRead, PageWrite, WriteRoute
from shared.web.forms import NOTHING_WRONG, Refusal, read
from shared.web.page import ShowAgain, came_from, see, show

router = APIRouter(include_in_schema=False, route_class=WriteRoute)
Typed = Annotated[str, Form()]
EDITS = 20
Edits = Annotated[int | None, Form(ge=0)]
"""How often the post was edited when its editor was opened. Without it nothing is compared."""


@router.get("/p/{post_id:uuid}")
async def find_post(ctx: PageRead, catalog: Content, post_id: UUID) -> Response:
    """Leads to the page of the topic on which the post stands."""
    place = await TopicReader(ctx, catalog).place(post_id, page=REPLIES)
    if place.among_comments:
        return see(f"{post_address(place.among_comments)}/comments#p-{post_id}")
    return see(f"{topic_address(place.topic, cursor=place.cursor)}#p-{post_id}")


async def _comments(
    request: Request,
    ctx: ReadContext,
    catalog: Catalog,
    post_id: UUID,
    *,
    cursor: str | None = None,
    **values: Any,
) -> Response:
    reading = TopicReader(ctx, catalog)
    post = await reading.post(post_id)
    topic = await reading.topic(post.topic_id)
    comments = await reading.posts(post.topic_id, reply_to=post_id, cursor=cursor, limit=50)
    defaults: dict[str, Any] = {"body": "", "refused": NOTHING_WRONG, "preview_html": ""}
    return await show(
        request,
        ctx,
        "topics/comments.html",
        here=topic.space.slug,
        topic=topic,
        post=post,
        comments=comments,
        panels=catalog.slots,
        cursor=cursor,
        **(defaults | values),
    )


@router.get("/p/{post_id:uuid}/comments")
async def show_comments(
    request: Request, ctx: PageRead, catalog: Content, post_id: UUID, cursor: Cursor = None
) -> Response:
    return await _comments(request, ctx, catalog, post_id, cursor=cursor)


@router.post("/p/{post_id:uuid}/comments")
async def comment(
    request: Request,
    ctx: PageWrite,
    catalog: Content,
    post_id: UUID,
    body: Typed = "",
) -> Response:
    service = TopicService(ctx.person(), catalog)
    try:
        parent = await service.reading.post(post_id)
        new = read(PostCreate, body=body, reply_to=post_id)
        written = await service.reply(parent.topic_id, new)
    except Invalid as problem:
        refused = Refusal(problem, ids={"body": "comment-text"}, about="body", labels={"body": "Comment"})
        raise ShowAgain(_comments, catalog, post_id, body=body, refused=refused) from None
    return see(post_address(written.id))


@router.post("/p/{post_id:uuid}/comments/preview", dependencies=[Depends(own_form_only)])
async def preview_comment(
    request: Request, ctx: PageRead, catalog: Content, post_id: UUID, body: Typed = ""
) -> Response:
    shown = await previewed(body, id="comment-text")
    return await _comments(request, ctx.person(), catalog, post_id, **shown)


async def _editor(
    request: Request, ctx: ReadContext, catalog: Catalog, post_id: UUID, **values: Any
) -> Response:
    reading = TopicReader(ctx, catalog)
    row = await reading.post_row(post_id)
    ctx.require(decide_post(PostPermission.EDIT, ctx.actor, row, row))
    topic = await reading.topic(row["topic_id"])
    defaults: dict[str, Any] = {
        "title": topic.title,
        "tags": " ".join(topic.tags),
        "body": row["body"],
        "reason": "",
        "edits": row["edit_count"],
        "refused": NOTHING_WRONG,
        "preview_html": "",
        "overtaken": False,
    }
    return await show(
        request,
        ctx,
        "topics/edit.html",
        here=topic.space.slug,
        topic=topic,
        post_id=post_id,
        is_first=row["is_first"],
        now_says=row["body"],
        **(defaults | values),
    )


@router.get("/p/{post_id:uuid}/edit")
async def show_editor(request: Request, ctx: PageRead, catalog: Content, post_id: UUID) -> Response:
    return await _editor(request, ctx, catalog, post_id)


async def _change(
    service: TopicService, post_id: UUID, typed: dict[str, str], edits: frozenset[int] | None
) -> None:
    """Changes the topic when the post is the topic's own text. Raises `Invalid`, `Stale`."""
    row = await service.reading.post_row(post_id)
    text: dict[str, Any] = {"body": typed["body"], "reason": typed["reason"]}
    if row["is_first"]:
        named: dict[str, Any] = {"title": typed["title"], "tags": tag_words(typed["tags"])}
        change = read(TopicUpdate, {"tags": TAG_RULE}, **text, **named)
        await service.update(row["topic_id"], change, edits=edits)
    else:
        await service.edit_post(post_id, read(PostUpdate, **text), edits=edits)


@router.post("/p/{post_id:uuid}/edit")
async def edit(
    request: Request,
    ctx: PageWrite,
    catalog: Content,
    post_id: UUID,
    body: Typed = "",
    title: Typed = "",
    tags: Typed = "",
    reason: Typed = "",
    edits: Edits = None,
) -> Response:
    typed = {"title": title, "tags": tags, "body": body, "reason": reason}
    service = TopicService(ctx.person(), catalog)
    try:
        await _change(service, post_id, typed, None if edits is None else frozenset({edits}))
    except Stale as problem:  # with the new count in the form, so that sending it again is meant
        refused = Refusal(problem, ids={"body": "edit-text"}, about="body", labels={"body": "Text"})
        raise ShowAgain(_editor, catalog, post_id, **typed, refused=refused, overtaken=True) from None
    except Invalid as problem:
        refused = Refusal(problem, ids={"body": "edit-text"}, about="body", labels={"body": "Text"})
        opened = {} if edits is None else {"edits": edits}
        raise ShowAgain(_editor, catalog, post_id, **typed, **opened, refused=refused) from None
    return see(post_address(post_id))


@router.post("/p/{post_id:uuid}/edit/preview", dependencies=[Depends(own_form_only)])
async def preview_edit(
    request: Request,
    ctx: PageRead,
    catalog: Content,
    post_id: UUID,
    body: Typed = "",
    title: Typed = "",
    tags: Typed = "",
    reason: Typed = "",
    edits: Edits = None,
) -> Response:
    shown = await previewed(body, id="edit-text")
    kept = {"title": title, "tags": tags, "reason": reason} | ({} if edits is None else {"edits": edits})
    return await _editor(request, ctx.person(), catalog, post_id, **kept, **shown)


@router.get("/p/{post_id:uuid}/history")
async def show_history(
    request: Request, ctx: PageRead, catalog: Content, post_id: UUID, cursor: Cursor = None
) -> Response:
    reading = TopicReader(ctx, catalog)
    post = await reading.post(post_id)
    topic = await reading.topic(post.topic_id)
    page = await reading.revisions(post_id, cursor=cursor, limit=EDITS)
    after = await reading.revision_after(post_id, page.data[0].number) if cursor and page.data else None
    return await show(
        request,
        ctx,
        "topics/history.html",
        here=topic.space.slug,
        topic=topic,
        post=post,
        edits=await history.edits(topic, post, page.data, after),
        page=page,
        cursor=cursor,
    )


@router.get("/p/{post_id:uuid}/remove")
async def ask_removal(request: Request, ctx: PageRead, catalog: Content, post_id: UUID) -> Response:
    reading = TopicReader(ctx, catalog)
    row = await reading.post_row(post_id)
    ctx.require(decide_post(PostPermission.DELETE, ctx.actor, row, row))
    post, topic = await reading.post(post_id), await reading.topic(row["topic_id"])
    return await show(request, ctx, "topics/remove_post.html", here=topic.space.slug, topic=topic, post=post)


@router.post("/p/{post_id:uuid}/remove")
async def remove(ctx: PageWrite, catalog: Content, post_id: UUID) -> Response:
    service = TopicService(ctx.person(), catalog)
    topic = await service.reading.topic((await service.reading.post_row(post_id))["topic_id"])
    await service.delete_post(post_id)
    return see(with_query(topic_address(topic), done="post-removed"))


@router.post("/p/{post_id:uuid}/react")
async def react(
    request: Request, ctx: PageWrite, catalog: Content, post_id: UUID, reaction: Typed
) -> Response:
    """Adds the reaction, or takes it back when it is there."""
    service = TopicService(ctx.person(), catalog)
    before = await service.reading.post(post_id)
    change = service.unreact if reaction in before.my_reactions else service.react
    await change(post_id, reaction)
    return see(f"{came_from(request, post_address(post_id))}#p-{post_id}")
