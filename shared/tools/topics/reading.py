"""Reading topics and posts: what a page or an API answer shows."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from shared.db.context import ReadContext
from shared.db.query import Query, Row
from shared.kernel.errors import NotFound
from shared.kernel.paging import DEFAULT_LIMIT, Page
from shared.tools.topics import views
from shared.tools.topics.catalog import Catalog
from shared.tools.topics.queries import COMMENTS_SHOWN
from shared.tools.topics.schemas import PostView, RevisionView, TopicRow, TopicView

MOST_EDITS: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class TopicFilter:
    """Which topics a list shows. What is None does not restrict."""

    space: UUID | None = None
    tag: str | None = None
    kind: str | None = None
    author: UUID | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The page on which a post stands: of its topic, from `cursor` on, or of the comments on a post."""

    topic: TopicView
    cursor: str | None = None
    among_comments: UUID | None = None


class TopicReader:
    def __init__(self, ctx: ReadContext, catalog: Catalog) -> None:
        self.ctx = ctx
        self.catalog = catalog

    @property
    def _who(self) -> dict[str, Any]:
        actor = self.ctx.actor
        return {"groups": actor.groups, "viewer": actor.person_id}

    def _mark(self, names: tuple[str, ...], cursor: str | None, bound_to: str) -> dict[str, Any]:
        """The parameters that say where a page begins; none for the first page."""
        if not cursor:
            return {}
        return dict(zip(names, self.ctx.cursors.decode(cursor, bound_to=bound_to), strict=True))

    async def topics(
        self, wanted: TopicFilter, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[TopicRow]:
        """Newest activity first."""
        bound_to = self.ctx.cursor_scope("topics", wanted)
        mark: dict[str, Any] = {}
        if cursor:
            mark = dict(
                zip(("after_at", "after_id"), self.ctx.cursors.decode(cursor, bound_to=bound_to), strict=True)
            )
        query = self.catalog.queries.topics(
            space=wanted.space is not None,
            tag=wanted.tag is not None,
            kind=wanted.kind is not None,
            author=wanted.author is not None,
            after=bool(mark),
        )
        rows = await self.ctx.reader.all(
            query,
            limit=limit + 1,
            space=wanted.space,
            tags=[wanted.tag],
            kind=wanted.kind,
            author=wanted.author,
            **mark,
            **self._who,
        )
        following = None
        if len(rows) > limit:
            last = rows[limit - 1]
            following = self.ctx.cursors.encode((last["last_post_at"], last["id"]), bound_to=bound_to)
        make = self.catalog.views.row
        return Page([make(row) for row in rows[:limit]], following)

    async def topic_row(self, topic_id: UUID) -> Row:
        """The row of a topic with its first post. Raises `NotFound` when the actor may not know of it."""
        query = self.catalog.queries.topic[self.ctx.actor.signed_in]
        row = await self.ctx.reader.first(query, topic_id=topic_id, **self._who)
        if row is None:
            raise NotFound
        return row

    async def topic(self, topic_id: UUID) -> TopicView:
        return self.catalog.views.topic(self.ctx.actor, await self.topic_row(topic_id))

    async def post_row(self, post_id: UUID) -> Row:
        query = self.catalog.queries.post[self.ctx.actor.signed_in]
        row = await self.ctx.reader.first(query, post_id=post_id, **self._who)
        if row is None:
            raise NotFound
        return row

    async def post(self, post_id: UUID) -> PostView:
        row = await self.post_row(post_id)
        return self.catalog.views.post(self.ctx.actor, row, row)

    async def page(
        self, topic_id: UUID, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> tuple[TopicView, Page[PostView]]:
        """A topic and one page of its replies, in two statements."""
        row = await self.topic_row(topic_id)
        topic = self.catalog.views.topic(self.ctx.actor, row)
        posts, first_comments = await self._replies(row, cursor=cursor, limit=limit)
        topic.post.comments = first_comments
        return topic, posts

    async def posts(
        self,
        topic_id: UUID,
        *,
        reply_to: UUID | None = None,
        cursor: str | None = None,
        limit: int = DEFAULT_LIMIT,
    ) -> Page[PostView]:
        """Replies in the order of the topic's kind, or the comments on one post, oldest first."""
        row = await self.topic_row(topic_id)
        if reply_to is not None:
            return await self._comments(row, reply_to, cursor=cursor, limit=limit)
        return (await self._replies(row, cursor=cursor, limit=limit))[0]

    async def _replies(
        self, topic: Row, *, cursor: str | None, limit: int
    ) -> tuple[Page[PostView], list[PostView]]:
        order = self.catalog.kinds[topic["kind"]].post_order
        bound_to = self.ctx.cursor_scope("replies", topic["id"])
        mark = self._mark(tuple(f"after_{n}" for n in range(len(order))), cursor, bound_to)
        query = self.catalog.queries.replies[topic["kind"], self.ctx.actor.signed_in, bool(mark)]
        rows = await self.ctx.reader.all(
            query, topic_id=topic["id"], limit=limit + 1, with_first=not mark, **mark, **self._who
        )
        top = [row for row in rows if row["top"]]
        following = None
        if len(top) > limit:
            key = tuple(top[limit - 1][f"k{n}"] for n in range(len(order)))
            following = self.ctx.cursors.encode(key, bound_to=bound_to)
        return self._nest(topic, top[:limit], rows[len(top) :], following)

    def _nest(
        self, topic: Row, top: list[Row], comments: Any, following: str | None
    ) -> tuple[Page[PostView], list[PostView]]:
        make, actor = self.catalog.views.post, self.ctx.actor
        posts = [make(actor, topic, row) for row in top]
        by_id = {post.id: post.comments for post in posts}
        on_first: list[PostView] = []
        by_id[topic["post_id"]] = on_first
        for row in comments:
            if (siblings := by_id.get(row["reply_to"])) is not None:
                siblings.append(make(actor, topic, row))
        return Page(posts, following), on_first

    async def _comments(
        self, topic: Row, reply_to: UUID, *, cursor: str | None, limit: int
    ) -> Page[PostView]:
        bound_to = self.ctx.cursor_scope("comments", topic["id"], reply_to)
        mark: dict[str, Any] = {}
        if cursor:
            mark = dict(
                zip(("after_at", "after_id"), self.ctx.cursors.decode(cursor, bound_to=bound_to), strict=True)
            )
        query = self.catalog.queries.comments[self.ctx.actor.signed_in, bool(mark)]
        rows = await self.ctx.reader.all(
            query, topic_id=topic["id"], reply_to=reply_to, limit=limit + 1, **mark, **self._who
        )
        following = None
        if len(rows) > limit:
            last = rows[limit - 1]
            following = self.ctx.cursors.encode((last["post_created_at"], last["post_id"]), bound_to=bound_to)
        make = self.catalog.views.post
        return Page([make(self.ctx.actor, topic, row) for row in rows[:limit]], following)

    async def place(self, post_id: UUID, *, page: int = DEFAULT_LIMIT) -> Place:
        """Where a post is read when pages have `page` replies. Raises `NotFound`."""
        row = await self.post_row(post_id)
        topic = await self.topic(row["topic_id"])
        if row["reply_to"] is not None:
            mark = {"before_at": row["post_created_at"], "before_id": post_id}
            older = await self._count(
                self.catalog.queries.comments_before, COMMENTS_SHOWN, reply_to=row["reply_to"], **mark
            )
            if older >= COMMENTS_SHOWN:
                return Place(topic, among_comments=row["reply_to"])
            post_id = row["reply_to"]
        if post_id == topic.post.id or topic.reply_count <= page:
            return Place(topic)
        return Place(topic, cursor=await self._cursor_at(topic, post_id, page))

    async def _cursor_at(self, topic: TopicView, post_id: UUID, page: int) -> str | None:
        """A cursor for the page that begins with this reply; None when it stands on the first."""
        found = await self.ctx.reader.first(
            self.catalog.queries.reply_key[topic.kind], post_id=post_id, **self._who
        )
        if found is None:
            raise NotFound
        key = [found[f"k{n}"] for n in range(len(self.catalog.kinds[topic.kind].post_order))]
        mark = {f"before_{n}": value for n, value in enumerate(key)}
        before = self.catalog.queries.replies_before[topic.kind]
        if await self._count(before, page, topic_id=topic.id, **mark) < page:
            return None
        # A cursor names the row before its page, and the key ends in the post's id: one less than this one.
        just_before = (*key[:-1], UUID(int=key[-1].int - 1))
        return self.ctx.cursors.encode(just_before, bound_to=self.ctx.cursor_scope("replies", topic.id))

    async def _count(self, query: Query, limit: int, **values: Any) -> int:
        row = await self.ctx.reader.first(query, limit=limit, **values, **self._who)
        return int(row["number"]) if row else 0

    async def revisions(
        self, post_id: UUID, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[RevisionView]:
        """What the post said before, newest first."""
        await self.post_row(post_id)
        bound_to = self.ctx.cursor_scope("revisions", post_id)
        (below,) = self.ctx.cursors.decode(cursor, bound_to=bound_to) if cursor else (MOST_EDITS,)
        found = await self._revisions(post_id, below, limit + 1)
        following = None
        if len(found) > limit:
            following = self.ctx.cursors.encode((found[limit - 1].number,), bound_to=bound_to)
        return Page(found[:limit], following)

    async def revision_after(self, post_id: UUID, number: int) -> RevisionView | None:
        """What the post said after its edit of that number, unless that is what it says now."""
        found = await self._revisions(post_id, number + 2, 1)
        return found[0] if found and found[0].number > number else None

    async def _revisions(self, post_id: UUID, below: int, limit: int) -> list[RevisionView]:
        query = self.catalog.queries.revisions
        rows = await self.ctx.reader.all(query, post_id=post_id, below=below, limit=limit, **self._who)
        return [views.revision(row) for row in rows]
