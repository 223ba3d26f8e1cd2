"""Use cases that change topics and posts."""

from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Row as SqlRow
from sqlalchemy import case, delete, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import outbox
from shared.db.context import Context
from shared.kernel.errors import NotFound, Unauthenticated, require_fresh
from shared.kernel.ids import new_id
from shared.kernel.text import clean_line, clean_text, slugify
from shared.tools.spaces.models import Space
from shared.tools.spaces.service import LEVELS, visible_space_by_id
from shared.tools.topics import commands
from shared.tools.topics.catalog import Catalog
from shared.tools.topics.errors import EmptyBody, KindNotHere, NotAReaction
from shared.tools.topics.events import PostRated, TopicChanged, TopicDeleted, TopicStarted
from shared.tools.topics.models import Post, PostRevision, Reaction, Topic
from shared.tools.topics.permissions import (
    PostPermission,
    TopicPermission,
    decide_post,
    decide_start,
    decide_topic,
)
from shared.tools.topics.reactions import REACTION_NAMES
from shared.tools.topics.reading import TopicReader
from shared.tools.topics.schemas import PostCreate, PostUpdate, PostView, TopicCreate, TopicUpdate, TopicView
from shared.web import markdown

HeldTopic: TypeAlias = SqlRow[UUID, int, str, list[str], datetime | None]
"""`id`, `version`, `title`, `tags`, `closed_at` of a topic whose row is locked."""


Written: TypeAlias = tuple[str, str]
"""The Markdown as kept and the HTML made of it."""


async def _written(body: str) -> Written:
    """Made before any row is held, since a long text takes its time. Raises `EmptyBody`."""
    source = clean_text(body)
    html = await markdown.render_apart(source)
    if not markdown.shows_something(html):
        raise EmptyBody
    return source, html


async def touch(ctx: Context, topic_id: UUID, **values: Any) -> None:
    """A change that a reader of the topic could see, told to whoever listens. Raises `NotFound`.

    Whoever changes a topic or counts what is in it writes to the topic's row first, then to posts: so
    counters, numbers of edits and versions follow one another, and nobody waits in a circle.
    """
    await _bump(ctx.session, topic_id, **values)
    await outbox.append(ctx.session, TopicChanged(topic_id), now=ctx.now())


async def rate(ctx: Context, post_id: UUID, **values: Any) -> None:
    """A change of what is counted on a post by votes or reactions, told to whoever listens."""
    statement = update(Post).where(Post.id == post_id).values(**values).returning(Post.topic_id)
    topic_id = (await ctx.session.execute(statement)).scalar_one()
    await outbox.append(ctx.session, PostRated(topic_id, post_id), now=ctx.now())


async def _bump(session: AsyncSession, topic_id: UUID, **values: Any) -> None:
    statement = (
        update(Topic)
        .where(Topic.id == topic_id, Topic.deleted_at.is_(None))
        .values(version=Topic.version + 1, **values)
        .returning(Topic.id)
    )
    if (await session.execute(statement)).first() is None:
        raise NotFound


class TopicService:
    def __init__(self, ctx: Context, catalog: Catalog) -> None:
        self.ctx = ctx
        self.catalog = catalog
        self.reading = TopicReader(ctx, catalog)

    @property
    def _me(self) -> UUID:
        if self.ctx.actor.person_id is None:
            raise Unauthenticated
        return self.ctx.actor.person_id

    async def start(self, new: TopicCreate) -> TopicView:
        """Raises `KindNotHere`, `EmptyBody`, `NotFound` for a space the actor may not know of."""
        space = await visible_space_by_id(self.ctx, new.space)
        self.ctx.require(decide_start(self.ctx.actor, LEVELS[space.level]))
        if new.kind not in space.kinds or new.kind not in self.catalog.kinds:
            raise KindNotHere(f"{space.name} takes: {', '.join(space.kinds)}")
        body, html = await _written(new.body)
        topic_id = await self._insert_topic(new, body, html)
        await outbox.append(self.ctx.session, TopicStarted(topic_id), now=self.ctx.now())
        return await self.reading.topic(topic_id)

    async def _insert_topic(self, new: TopicCreate, body: str, html: str) -> UUID:
        session, now, topic_id = self.ctx.session, self.ctx.now(), new_id()
        title = clean_line(new.title)
        await session.execute(
            insert(Topic).values(
                id=topic_id,
                space_id=new.space,
                kind=new.kind,
                author_id=self._me,
                title=title,
                slug=slugify(title),
                tags=list(dict.fromkeys(new.tags)),
                created_at=now,
                last_post_at=now,
            )
        )
        await session.execute(
            insert(Post).values(
                id=new_id(),
                topic_id=topic_id,
                is_first=True,
                author_id=self._me,
                body=body,
                html=html,
                created_at=now,
            )
        )
        if create := self.catalog.kinds[new.kind].create:
            await create(session, topic_id)
        await session.execute(
            update(Space).where(Space.id == new.space).values(topic_count=Space.topic_count + 1)
        )
        return topic_id

    async def update(
        self,
        topic_id: UUID,
        change: TopicUpdate,
        *,
        expected: frozenset[int] | None = None,
        edits: frozenset[int] | None = None,
    ) -> TopicView:
        """Changes title, text, tags or state; what stood there before is kept as a revision.

        Raises `Stale` when the topic's version is none of those `expected`, or when its text was not edited
        as often as one of `edits` says: replies and votes make a new version, but no new text.
        """
        row = await self.reading.topic_row(topic_id)
        content = change.content
        if content or change.closed is None:
            self.ctx.require(decide_topic(TopicPermission.EDIT, self.ctx.actor, row))
        if change.closed is not None:
            self.ctx.require(decide_topic(TopicPermission.CLOSE, self.ctx.actor, row))
        written = await _written(change.body) if change.body is not None else None
        before = await self._hold(topic_id)
        require_fresh(before.version, expected)
        if content or change.closed is not None:
            await self._update(before, row["post_id"], change, written, edits)
        return await self.reading.topic(topic_id)

    async def _hold(self, topic_id: UUID) -> HeldTopic:
        """Locks the topic's row (see `touch`) and returns what it says now."""
        held = select(Topic.id, Topic.version, Topic.title, Topic.tags, Topic.closed_at).where(
            Topic.id == topic_id, Topic.deleted_at.is_(None)
        )
        row = (await self.ctx.session.execute(held.with_for_update(key_share=True))).first()
        if row is None:
            raise NotFound
        return row

    async def _update(
        self,
        before: HeldTopic,
        post_id: UUID,
        change: TopicUpdate,
        written: Written | None,
        edits: frozenset[int] | None,
    ) -> None:
        values: dict[str, Any] = {}
        if change.title is not None:
            values["title"] = clean_line(change.title)
            values["slug"] = slugify(values["title"])
        if change.tags is not None:
            values["tags"] = list(dict.fromkeys(change.tags))
        if change.closed is not None:
            values["closed_at"] = (before.closed_at or self.ctx.now()) if change.closed else None
        if change.content:
            await self._revise(post_id, written, change.reason, topic=before, edits=edits)
        await touch(self.ctx, before.id, **values)

    async def delete(self, topic_id: UUID) -> None:
        """Hides the topic and all in it from everybody; its rows stay for the record."""
        row = await self.reading.topic_row(topic_id)
        self.ctx.require(decide_topic(TopicPermission.DELETE, self.ctx.actor, row))
        session, now = self.ctx.session, self.ctx.now()
        await _bump(session, topic_id, deleted_at=now)
        await session.execute(
            update(Space).where(Space.id == row["space_id"]).values(topic_count=Space.topic_count - 1)
        )
        await outbox.append(session, TopicDeleted(topic_id), now=now)

    async def reply(self, topic_id: UUID, new: PostCreate) -> PostView:
        """Adds a reply, or a comment on one post. Raises `EmptyBody`."""
        topic = await self.reading.topic_row(topic_id)
        if new.reply_to is None:
            self.ctx.require(decide_topic(TopicPermission.REPLY, self.ctx.actor, topic))
        else:
            await self._require_comment(topic_id, new.reply_to)
        body, html = await _written(new.body)
        now, post_id = self.ctx.now(), new_id()
        await self._count_reply(topic_id, new.reply_to)
        await self.ctx.reader.run(
            commands.INSERT_REPLY,
            id=post_id,
            topic_id=topic_id,
            reply_to=new.reply_to,
            author_id=self._me,
            body=body,
            html=html,
            created_at=now,
        )
        return await self.reading.post(post_id)

    async def _require_comment(self, topic_id: UUID, post_id: UUID) -> None:
        post = await self.reading.post_row(post_id)
        if post["topic_id"] != topic_id:
            raise NotFound("There is no such post in this topic.")
        self.ctx.require(decide_post(PostPermission.COMMENT, self.ctx.actor, post, post))

    async def _count_reply(self, topic_id: UUID, reply_to: UUID | None) -> None:
        """Raises `NotFound` when the topic, or the post that is commented on, went away meanwhile."""
        now, replies = self.ctx.now(), 1 if reply_to is None else 0
        counting = self.ctx.reader.run(commands.COUNT_REPLY, topic_id=topic_id, now=now, replies=replies)
        if not await counting:
            raise NotFound
        await outbox.append(self.ctx.session, TopicChanged(topic_id), now=now)
        if reply_to is None:
            return
        counted = (
            update(Post)
            .where(Post.id == reply_to, Post.deleted_at.is_(None))
            .values(comment_count=Post.comment_count + 1)
            .returning(Post.id)
        )
        if (await self.ctx.session.execute(counted)).first() is None:
            raise NotFound

    async def edit_post(
        self, post_id: UUID, change: PostUpdate, *, edits: frozenset[int] | None = None
    ) -> PostView:
        """Raises `Stale` when the post was not edited as often as one of `edits` says."""
        row = await self.reading.post_row(post_id)
        self.ctx.require(decide_post(PostPermission.EDIT, self.ctx.actor, row, row))
        written = await _written(change.body)
        await touch(self.ctx, row["topic_id"])
        await self._revise(post_id, written, change.reason, edits=edits)
        return await self.reading.post(post_id)

    async def _revise(
        self,
        post_id: UUID,
        written: Written | None,
        reason: str,
        *,
        topic: HeldTopic | None = None,
        edits: frozenset[int] | None = None,
    ) -> None:
        """Keeps what the post said, and lets it say what is `written` (or the same, when only the title
        changes). With the first post, title and tags of its `topic` are kept.

        The topic is held, so edits of one post come one after the other.
        """
        session, now = self.ctx.session, self.ctx.now()
        said = select(Post.body, Post.edit_count).where(Post.id == post_id, Post.deleted_at.is_(None))
        before = (await session.execute(said)).first()
        if before is None:
            raise NotFound
        require_fresh(before.edit_count, edits)
        values: dict[str, Any] = {"edit_count": before.edit_count + 1, "edited_at": now}
        if written is not None:
            values["body"], values["html"] = written
        await session.execute(
            insert(PostRevision).values(
                id=new_id(),
                post_id=post_id,
                number=before.edit_count + 1,
                editor_id=self._me,
                body=before.body,
                title=topic.title if topic else None,
                tags=list(topic.tags) if topic else None,
                reason=clean_line(reason),
                created_at=now,
            )
        )
        await session.execute(update(Post).where(Post.id == post_id).values(**values))

    async def delete_post(self, post_id: UUID) -> None:
        """Takes a reply or comment out of sight, with the comments on it."""
        row = await self.reading.post_row(post_id)
        self.ctx.require(decide_post(PostPermission.DELETE, self.ctx.actor, row, row))
        session, now = self.ctx.session, self.ctx.now()
        if row["reply_to"] is None:
            await touch(self.ctx, row["topic_id"], reply_count=Topic.reply_count - 1)
        else:
            await touch(self.ctx, row["topic_id"])
            parent = update(Post).where(Post.id == row["reply_to"])
            await session.execute(parent.values(comment_count=Post.comment_count - 1))
        deleted = await session.execute(
            update(Post)
            .where(Post.id == post_id, Post.deleted_at.is_(None))
            .values(deleted_at=now)
            .returning(Post.id)
        )
        if deleted.first() is None:
            raise NotFound
        if forget := self.catalog.kinds[row["kind"]].forget_post:
            await forget(session, post_id)

    async def react(self, post_id: UUID, name: str) -> PostView:
        """Adds a reaction; adding it twice is as once. Raises `NotAReaction`."""
        await self._require_reaction(post_id, name)
        added = await self.ctx.session.execute(
            upsert(Reaction)
            .values(post_id=post_id, person_id=self._me, name=name, created_at=self.ctx.now())
            .on_conflict_do_nothing()
            .returning(Reaction.name)
        )
        if added.first() is not None:
            await self._count_reaction(post_id, name, +1)
        return await self.reading.post(post_id)

    async def unreact(self, post_id: UUID, name: str) -> PostView:
        await self._require_reaction(post_id, name)
        removed = await self.ctx.session.execute(
            delete(Reaction)
            .where(Reaction.post_id == post_id, Reaction.person_id == self._me, Reaction.name == name)
            .returning(Reaction.name)
        )
        if removed.first() is not None:
            await self._count_reaction(post_id, name, -1)
        return await self.reading.post(post_id)

    async def _require_reaction(self, post_id: UUID, name: str) -> None:
        row = await self.reading.post_row(post_id)
        self.ctx.require(decide_post(PostPermission.REACT, self.ctx.actor, row, row))
        if name not in REACTION_NAMES:
            raise NotAReaction(f"Choose one of: {', '.join(REACTION_NAMES)}")

    async def _count_reaction(self, post_id: UUID, name: str, by: int) -> None:
        """A reaction that nobody gives any more is not listed with 0 but not at all."""
        count = func.coalesce(Post.reactions[name].as_integer(), 0) + by
        counted = Post.reactions.concat(func.jsonb_build_object(literal(name), count))
        reactions = case((count > 0, counted), else_=Post.reactions.op("-")(literal(name)))
        await rate(self.ctx, post_id, reactions=reactions)
