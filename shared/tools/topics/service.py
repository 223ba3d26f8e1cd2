"""Use cases that change topics and posts."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from shared.db import outbox
from shared.db.context import Context
from shared.db.query import Row
from shared.kernel.errors import NotFound, Unauthenticated
from shared.kernel.ids import new_id
from shared.kernel.text import clean_line, clean_text, slugify
from shared.tools.spaces.models import Space
from shared.tools.spaces.service import LEVELS, visible_space_by_id
from shared.tools.topics.catalog import Catalog
from shared.tools.topics.errors import EmptyBody, KindNotHere, NotAReaction
from shared.tools.topics.events import TopicChanged, TopicDeleted, TopicStarted
from shared.tools.topics.models import Post, PostRevision, Reaction, Topic
from shared.tools.topics.permissions import (
    PostPermission,
    TopicPermission,
    decide_post,
    decide_start,
    decide_topic,
)
from shared.tools.topics.reading import TopicReader
from shared.tools.topics.schemas import PostCreate, PostUpdate, PostView, TopicCreate, TopicUpdate, TopicView
from shared.web import markdown

REACTIONS = ("like", "thanks", "celebrate", "insightful", "same_here")


def _written(body: str) -> tuple[str, str]:
    """The Markdown as kept and the HTML made of it. Raises `EmptyBody`."""
    source = clean_text(body)
    if not source.strip():
        raise EmptyBody
    return source, markdown.render(source)


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
        body, html = _written(new.body)
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

    async def update(self, topic_id: UUID, change: TopicUpdate) -> TopicView:
        """Changes title, text, tags or state; what stood there before is kept as a revision."""
        row = await self.reading.topic_row(topic_id)
        content = change.model_fields_set & {"title", "body", "tags"}
        if content or change.closed is None:
            self.ctx.require(decide_topic(TopicPermission.EDIT, self.ctx.actor, row))
        if change.closed is not None:
            self.ctx.require(decide_topic(TopicPermission.CLOSE, self.ctx.actor, row))
        values: dict[str, Any] = {"version": Topic.version + 1}
        if change.title is not None:
            values["title"] = clean_line(change.title)
            values["slug"] = slugify(values["title"])
        if change.tags is not None:
            values["tags"] = list(dict.fromkeys(change.tags))
        if change.closed is not None:
            values["closed_at"] = (row["closed_at"] or self.ctx.now()) if change.closed else None
        if content:
            await self._revise(row, change.body, change.reason, title=row["title"], tags=row["tags"])
        await self.ctx.session.execute(update(Topic).where(Topic.id == topic_id).values(**values))
        await self._changed(topic_id)
        return await self.reading.topic(topic_id)

    async def delete(self, topic_id: UUID) -> None:
        """Hides the topic and all in it from everybody; its rows stay for the record."""
        row = await self.reading.topic_row(topic_id)
        self.ctx.require(decide_topic(TopicPermission.DELETE, self.ctx.actor, row))
        session, now = self.ctx.session, self.ctx.now()
        await session.execute(
            update(Topic).where(Topic.id == topic_id).values(deleted_at=now, version=Topic.version + 1)
        )
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
        body, html = _written(new.body)
        session, now, post_id = self.ctx.session, self.ctx.now(), new_id()
        await session.execute(
            insert(Post).values(
                id=post_id,
                topic_id=topic_id,
                reply_to=new.reply_to,
                author_id=self._me,
                body=body,
                html=html,
                created_at=now,
            )
        )
        await self._count_reply(topic_id, new.reply_to)
        await self._changed(topic_id)
        return await self.reading.post(post_id)

    async def _require_comment(self, topic_id: UUID, post_id: UUID) -> None:
        post = await self.reading.post_row(post_id)
        if post["topic_id"] != topic_id:
            raise NotFound("There is no such post in this topic.")
        self.ctx.require(decide_post(PostPermission.COMMENT, self.ctx.actor, post, post))

    async def _count_reply(self, topic_id: UUID, reply_to: UUID | None) -> None:
        values: dict[str, Any] = {"last_post_at": self.ctx.now(), "version": Topic.version + 1}
        if reply_to is None:
            values["reply_count"] = Topic.reply_count + 1
        else:
            await self.ctx.session.execute(
                update(Post).where(Post.id == reply_to).values(comment_count=Post.comment_count + 1)
            )
        await self.ctx.session.execute(update(Topic).where(Topic.id == topic_id).values(**values))

    async def edit_post(self, post_id: UUID, change: PostUpdate) -> PostView:
        row = await self.reading.post_row(post_id)
        self.ctx.require(decide_post(PostPermission.EDIT, self.ctx.actor, row, row))
        await self._revise(row, change.body, change.reason, title=None, tags=None)
        await self._touch(row["topic_id"])
        return await self.reading.post(post_id)

    async def _revise(
        self, row: Row, body: str | None, reason: str, *, title: str | None, tags: list[str] | None
    ) -> None:
        """Keeps what the post said, and lets it say `body` (or the same, when only the title changes)."""
        session, now, post_id = self.ctx.session, self.ctx.now(), row["post_id"]
        before = (
            await session.execute(
                select(Post.body, Post.edit_count).where(Post.id == post_id).with_for_update()
            )
        ).one()
        values: dict[str, Any] = {"edit_count": before.edit_count + 1, "edited_at": now}
        if body is not None:
            values["body"], values["html"] = _written(body)
        await session.execute(
            insert(PostRevision).values(
                id=new_id(),
                post_id=post_id,
                number=before.edit_count + 1,
                editor_id=self._me,
                body=before.body,
                title=title,
                tags=tags,
                reason=clean_line(reason),
                created_at=now,
            )
        )
        await session.execute(
            update(Post).where(Post.id == post_id).values(**values, version=Post.version + 1)
        )

    async def delete_post(self, post_id: UUID) -> None:
        """Takes a reply or comment out of sight, with the comments on it."""
        row = await self.reading.post_row(post_id)
        self.ctx.require(decide_post(PostPermission.DELETE, self.ctx.actor, row, row))
        session, now = self.ctx.session, self.ctx.now()
        deleted = await session.execute(
            update(Post)
            .where(Post.id == post_id, Post.deleted_at.is_(None))
            .values(deleted_at=now, version=Post.version + 1)
            .returning(Post.id)
        )
        if deleted.first() is None:
            raise NotFound
        if row["reply_to"] is None:
            counted = update(Topic).where(Topic.id == row["topic_id"])
            await session.execute(counted.values(reply_count=Topic.reply_count - 1))
        else:
            parent = update(Post).where(Post.id == row["reply_to"])
            await session.execute(parent.values(comment_count=Post.comment_count - 1))
        await self._touch(row["topic_id"])

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
        if name not in REACTIONS:
            raise NotAReaction(f"Choose one of: {', '.join(REACTIONS)}")

    async def _count_reaction(self, post_id: UUID, name: str, by: int) -> None:
        key = literal(name)
        count = func.coalesce(Post.reactions[name].as_integer(), 0) + by
        counted = Post.reactions.concat(func.jsonb_build_object(key, count))
        without = func.jsonb_strip_nulls(counted) if by > 0 else counted
        await self.ctx.session.execute(
            update(Post).where(Post.id == post_id).values(reactions=without, version=Post.version + 1)
        )

    async def _touch(self, topic_id: UUID) -> None:
        await self.ctx.session.execute(
            update(Topic).where(Topic.id == topic_id).values(version=Topic.version + 1)
        )
        await self._changed(topic_id)

    async def _changed(self, topic_id: UUID) -> None:
        await outbox.append(self.ctx.session, TopicChanged(topic_id), now=self.ctx.now())
