"""`/api/v1/topics` and `/api/v1/posts`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from shared.kernel.paging import Page
from shared.tools.topics.deps import Content
from shared.tools.topics.reading import TopicFilter, TopicReader
from shared.tools.topics.schemas import (
    PostCreate,
    PostsAsked,
    PostUpdate,
    PostView,
    RevisionView,
    TopicCreate,
    TopicRow,
    TopicsAsked,
    TopicUpdate,
    TopicView,
)
from shared.tools.topics.service import TopicService
from shared.web.asked import PageAsked, described, from_query
from shared.web.edge import API, ApiRead, ApiWrite, WriteRoute
from shared.web.json import Json, expected_versions

router = APIRouter(prefix=API, tags=["topics"], route_class=WriteRoute)

TOPIC: Json[TopicView] = Json(TopicView)
TOPICS: Json[Page[TopicRow]] = Json(Page[TopicRow])
POST: Json[PostView] = Json(PostView)
POSTS: Json[Page[PostView]] = Json(Page[PostView])
REVISIONS: Json[Page[RevisionView]] = Json(Page[RevisionView])


@router.get(
    "/topics",
    response_model=Page[TopicRow],
    summary="Topics you may see, newest activity first",
    openapi_extra=described(TopicsAsked),
)
async def list_topics(
    ctx: ApiRead,
    request: Request,
    catalog: Content,
    asked: Annotated[TopicsAsked, Depends(from_query(TopicsAsked))],
) -> Response:
    wanted = TopicFilter(asked.space, asked.tag, asked.kind, asked.author)
    found = await TopicReader(ctx, catalog).topics(wanted, cursor=asked.cursor, limit=asked.limit)
    return TOPICS.page(request, found)


@router.post("/topics", response_model=TopicView, status_code=201, summary="Start a topic")
async def start_topic(ctx: ApiWrite, catalog: Content, new: TopicCreate) -> Response:
    topic = await TopicService(ctx.person(), catalog).start(new)
    return TOPIC(topic, status=201, headers={"Location": f"/api/v1/topics/{topic.id}"})


@router.get("/topics/{topic_id}", response_model=TopicView, summary="One topic with its own text")
async def show_topic(ctx: ApiRead, request: Request, catalog: Content, topic_id: UUID) -> Response:
    topic = await TopicReader(ctx, catalog).topic(topic_id)
    return TOPIC.single(request, topic, version=topic.version)


@router.patch("/topics/{topic_id}", response_model=TopicView, summary="Change a topic")
async def update_topic(
    ctx: ApiWrite, request: Request, catalog: Content, topic_id: UUID, change: TopicUpdate
) -> Response:
    expected = expected_versions(request)
    topic = await TopicService(ctx.person(), catalog).update(topic_id, change, expected=expected)
    return TOPIC.single(request, topic, version=topic.version)


@router.delete("/topics/{topic_id}", status_code=204, summary="Remove a topic")
async def delete_topic(ctx: ApiWrite, catalog: Content, topic_id: UUID) -> Response:
    await TopicService(ctx.person(), catalog).delete(topic_id)
    return Response(status_code=204)


@router.get(
    "/topics/{topic_id}/posts",
    response_model=Page[PostView],
    summary="Replies, or one post's comments",
    openapi_extra=described(PostsAsked),
)
async def list_posts(
    ctx: ApiRead,
    request: Request,
    catalog: Content,
    topic_id: UUID,
    asked: Annotated[PostsAsked, Depends(from_query(PostsAsked))],
) -> Response:
    found = await TopicReader(ctx, catalog).posts(
        topic_id, reply_to=asked.reply_to, cursor=asked.cursor, limit=asked.limit
    )
    return POSTS.page(request, found)


@router.post("/topics/{topic_id}/posts", response_model=PostView, status_code=201, summary="Reply or comment")
async def reply(ctx: ApiWrite, catalog: Content, topic_id: UUID, new: PostCreate) -> Response:
    post = await TopicService(ctx.person(), catalog).reply(topic_id, new)
    return POST(post, status=201, headers={"Location": f"/api/v1/posts/{post.id}"})


@router.get("/posts/{post_id}", response_model=PostView, summary="One post")
async def show_post(ctx: ApiRead, request: Request, catalog: Content, post_id: UUID) -> Response:
    post = await TopicReader(ctx, catalog).post(post_id)
    return POST.single(request, post, version=post.edit_count)


@router.patch("/posts/{post_id}", response_model=PostView, summary="Edit a post")
async def edit_post(
    ctx: ApiWrite, request: Request, catalog: Content, post_id: UUID, change: PostUpdate
) -> Response:
    """`If-Match` compares how often it was edited: 412 when somebody else was faster."""
    edits = expected_versions(request)
    post = await TopicService(ctx.person(), catalog).edit_post(post_id, change, edits=edits)
    return POST.single(request, post, version=post.edit_count)


@router.delete("/posts/{post_id}", status_code=204, summary="Remove a reply or comment")
async def delete_post(ctx: ApiWrite, catalog: Content, post_id: UUID) -> Response:
    await TopicService(ctx.person(), catalog).delete_post(post_id)
    return Response(status_code=204)


@router.get(
    "/posts/{post_id}/revisions",
    response_model=Page[RevisionView],
    summary="What it said before",
    openapi_extra=described(PageAsked),
)
async def list_revisions(
    ctx: ApiRead,
    request: Request,
    catalog: Content,
    post_id: UUID,
    asked: Annotated[PageAsked, Depends(from_query(PageAsked))],
) -> Response:
    found = await TopicReader(ctx, catalog).revisions(post_id, cursor=asked.cursor, limit=asked.limit)
    return REVISIONS.page(request, found)


@router.put("/posts/{post_id}/reactions/{name}", response_model=PostView, summary="React to a post")
async def react(ctx: ApiWrite, catalog: Content, post_id: UUID, name: str) -> Response:
    return POST(await TopicService(ctx.person(), catalog).react(post_id, name))


@router.delete("/posts/{post_id}/reactions/{name}", response_model=PostView, summary="Take a reaction back")
async def unreact(ctx: ApiWrite, catalog: Content, post_id: UUID, name: str) -> Response:
    return POST(await TopicService(ctx.person(), catalog).unreact(post_id, name))
