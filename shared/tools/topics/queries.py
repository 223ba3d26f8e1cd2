"""Every SELECT on topics and posts, built once from the kinds and extensions that `app.py` mounts."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    Uuid,
    bindparam,
    false,
    func,
    literal,
    null,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from shared.db.query import Query
from shared.tools.people.models import Person
from shared.tools.spaces.audience import audience_column
from shared.tools.spaces.models import Space
from shared.tools.topics.kinds import Extension, KindSpec
from shared.tools.topics.models import Post, PostRevision, Reaction, Topic
from shared.tools.topics.visibility import visible_posts, visible_topics

COMMENTS_SHOWN = 10
"""Comments that come with a post; the rest are read from `/topics/{id}/posts?reply_to=`."""

TopicAuthor = aliased(Person, name="topic_author")
PostAuthor = aliased(Person, name="post_author")

ROW_COLUMNS: tuple[Any, ...] = (
    Topic.id,
    Topic.kind,
    Topic.title,
    Topic.slug,
    Topic.tags,
    Topic.created_at,
    Topic.last_post_at,
    Topic.reply_count,
    Topic.closed_at,
    Topic.author_id,
    TopicAuthor.name.label("author_name"),
    Space.id.label("space_id"),
    Space.slug.label("space_slug"),
    Space.name.label("space_name"),
)
POST_COLUMNS: tuple[Any, ...] = (
    Post.id.label("post_id"),
    Post.topic_id,
    Post.reply_to,
    Post.is_first,
    Post.author_id.label("post_author_id"),
    Post.body,
    Post.html,
    Post.created_at.label("post_created_at"),
    Post.edited_at,
    Post.edit_count,
    Post.score,
    Post.reactions,
    Post.comment_count,
)


def _param(name: str, column: Any) -> ColumnElement[Any]:
    return bindparam(name, type_=column.type)


def _limit() -> ColumnElement[Any]:
    return bindparam("limit", type_=BigInteger())


def _my_reactions() -> Any:
    return (
        select(func.array_agg(Reaction.name))
        .where(Reaction.post_id == Post.id, Reaction.person_id == bindparam("viewer", type_=Uuid()))
        .correlate(Post)
        .scalar_subquery()
        .label("my_reactions")
    )


class TopicQueries:
    """The compiled statements of one composition. Made by `Catalog`."""

    def __init__(self, kinds: tuple[KindSpec, ...], extensions: tuple[Extension, ...]) -> None:
        self._extensions = (*(e for kind in kinds for e in kind.extensions), *extensions)
        self._lists: dict[tuple[str, ...], Query] = {}
        self.topic = {signed: Query(self._topic(signed)) for signed in (False, True)}
        self.post = {signed: Query(self._one_post(signed)) for signed in (False, True)}
        self.replies = {
            (kind.name, signed, after): Query(self._replies(kind, signed, after))
            for kind in kinds
            for signed in (False, True)
            for after in (False, True)
        }
        self.comments = {
            (signed, after): Query(self._comments(signed, after))
            for signed in (False, True)
            for after in (False, True)
        }
        self.revisions = Query(self._revisions())
        self.reply_key = {kind.name: Query(self._reply_key(kind)) for kind in kinds}
        self.replies_before = {kind.name: Query(self._replies_before(kind)) for kind in kinds}
        self.comments_before = Query(self._comments_before())

    def visible_rows(self, *more: Any) -> Select[Any]:
        """What a topic in a list needs, of the topics the actor may see."""
        columns = (*ROW_COLUMNS, *self._topic_extensions(), *more)
        return visible_topics(*columns).join(TopicAuthor, TopicAuthor.id == Topic.author_id)

    def _topic_extensions(self) -> list[Any]:
        return [e.topic_column.label(f"x_{e.name}") for e in self._extensions if e.topic_column is not None]

    def _post_extensions(self, signed: bool) -> list[Any]:
        columns = [e.post_column.label(f"px_{e.name}") for e in self._extensions if e.post_column is not None]
        if signed:
            columns += [
                e.viewer_post_column.label(f"vx_{e.name}")
                for e in self._extensions
                if e.viewer_post_column is not None
            ]
            columns.append(_my_reactions())
        return columns

    def topics(self, *, space: bool, tag: bool, kind: bool, author: bool, after: bool) -> Query:
        """Newest activity first. Each flag asks for the parameter of that name."""
        wanted = {"space": space, "tag": tag, "kind": kind, "author": author, "after": after}
        key = tuple(name for name, on in wanted.items() if on)
        if key not in self._lists:
            self._lists[key] = Query(self._topics(key))
        return self._lists[key]

    def _topics(self, filters: tuple[str, ...]) -> Select[Any]:
        statement = self.visible_rows()
        conditions: dict[str, Any] = {
            "space": Topic.space_id == bindparam("space", type_=Uuid()),
            "tag": Topic.tags.contains(bindparam("tags", type_=ARRAY(Text()))),
            "kind": Topic.kind == bindparam("kind", type_=Text()),
            "author": Topic.author_id == bindparam("author", type_=Uuid()),
            "after": tuple_(Topic.last_post_at, Topic.id)
            < tuple_(_param("after_at", Topic.last_post_at), _param("after_id", Topic.id)),
        }
        return (
            statement.where(*(conditions[name] for name in filters))
            .order_by(Topic.last_post_at.desc(), Topic.id.desc())
            .limit(_limit())
        )

    def _topic(self, signed: bool) -> Select[Any]:
        return (
            visible_topics(
                *ROW_COLUMNS,
                Topic.version,
                audience_column(),
                *POST_COLUMNS,
                PostAuthor.name.label("post_author_name"),
                *self._topic_extensions(),
                *self._post_extensions(signed),
            )
            .join(TopicAuthor, TopicAuthor.id == Topic.author_id)
            .join(Post, (Post.topic_id == Topic.id) & Post.is_first)
            .join(PostAuthor, PostAuthor.id == Post.author_id)
            .where(Topic.id == bindparam("topic_id", type_=Uuid()))
        )

    def _one_post(self, signed: bool) -> Select[Any]:
        return (
            visible_posts(
                Topic.id,
                Topic.kind,
                Topic.space_id,
                Topic.author_id,
                Topic.closed_at,
                Topic.reply_count,
                Topic.version,
                *POST_COLUMNS,
                PostAuthor.name.label("post_author_name"),
                *self._topic_extensions(),
                *self._post_extensions(signed),
            )
            .join(PostAuthor, PostAuthor.id == Post.author_id)
            .where(Post.id == bindparam("post_id", type_=Uuid()))
        )

    def _replies(self, kind: KindSpec, signed: bool, after: bool) -> Any:
        """One page of replies in the kind's order, with the first comments of each.

        `with_first` adds the comments on the topic's own text.
        """
        topic_id = bindparam("topic_id", type_=Uuid())
        keys = [column.label(f"k{n}") for n, column in enumerate(kind.post_order)]
        page = visible_posts(Post.id, *keys).where(
            Topic.id == topic_id, Post.reply_to.is_(None), Post.is_first.is_(False)
        )
        if after:
            marks = [bindparam(f"after_{n}", type_=c.type) for n, c in enumerate(kind.post_order)]
            page = page.where(tuple_(*kind.post_order) > tuple_(*marks))
        found = page.order_by(*kind.post_order).limit(_limit()).cte("page")
        names = [f"k{n}" for n in range(len(keys))]
        first = visible_posts(Post.id).where(Topic.id == topic_id, Post.is_first, bindparam("with_first"))
        parents = select(found.c.id).union_all(select(first.subquery("first").c.id)).subquery("parents")
        number = func.row_number().over(partition_by=Post.reply_to, order_by=(Post.created_at, Post.id))
        shown = (
            select(Post.id, number.label("n"))
            .where(Post.reply_to.in_(select(parents.c.id)), Post.deleted_at.is_(None))
            .subquery("numbered")
        )
        nothing = [null().label(name) for name in names]
        chosen = (
            select(found.c.id, *(found.c[name] for name in names), true().label("top"))
            .union_all(
                select(shown.c.id, *nothing, false().label("top")).where(shown.c.n <= literal(COMMENTS_SHOWN))
            )
            .subquery("chosen")
        )
        return (
            select(
                *POST_COLUMNS,
                PostAuthor.name.label("post_author_name"),
                *(chosen.c[name] for name in names),
                chosen.c.top,
                *self._post_extensions(signed),
            )
            .select_from(chosen)
            .join(Post, Post.id == chosen.c.id)
            .join(PostAuthor, PostAuthor.id == Post.author_id)
            .order_by(chosen.c.top.desc(), *(chosen.c[name] for name in names), Post.created_at, Post.id)
        )

    def _comments(self, signed: bool, after: bool) -> Select[Any]:
        statement = (
            visible_posts(
                *POST_COLUMNS, PostAuthor.name.label("post_author_name"), *self._post_extensions(signed)
            )
            .join(PostAuthor, PostAuthor.id == Post.author_id)
            .where(Topic.id == bindparam("topic_id", type_=Uuid()))
            .where(Post.reply_to == bindparam("reply_to", type_=Uuid()))
        )
        if after:
            statement = statement.where(
                tuple_(Post.created_at, Post.id)
                > tuple_(_param("after_at", Post.created_at), _param("after_id", Post.id))
            )
        return statement.order_by(Post.created_at, Post.id).limit(_limit())

    def _reply_key(self, kind: KindSpec) -> Select[Any]:
        """Where one reply stands in its kind's order."""
        keys = [column.label(f"k{n}") for n, column in enumerate(kind.post_order)]
        return visible_posts(*keys).where(Post.id == bindparam("post_id", type_=Uuid()))

    def _replies_before(self, kind: KindSpec) -> Any:
        """How many replies stand before a key, counted to `limit`."""
        marks = [bindparam(f"before_{n}", type_=c.type) for n, c in enumerate(kind.post_order)]
        found = (
            visible_posts(Post.id)
            .where(Topic.id == bindparam("topic_id", type_=Uuid()))
            .where(Post.reply_to.is_(None), Post.is_first.is_(False))
            .where(tuple_(*kind.post_order) < tuple_(*marks))
            .limit(_limit())
            .subquery("found")
        )
        return select(func.count().label("number")).select_from(found)

    def _comments_before(self) -> Any:
        """How many comments on the same post are older than a comment."""
        older = (
            visible_posts(Post.id)
            .where(Post.reply_to == bindparam("reply_to", type_=Uuid()))
            .where(
                tuple_(Post.created_at, Post.id)
                < tuple_(_param("before_at", Post.created_at), _param("before_id", Post.id))
            )
            .limit(_limit())
            .subquery("older")
        )
        return select(func.count().label("number")).select_from(older)

    def _revisions(self) -> Select[Any]:
        editor = aliased(Person, name="editor")
        return (
            visible_posts(
                PostRevision.number,
                PostRevision.editor_id,
                editor.name.label("editor_name"),
                PostRevision.created_at,
                PostRevision.reason,
                PostRevision.body,
                PostRevision.title,
                PostRevision.tags,
            )
            .join(PostRevision, PostRevision.post_id == Post.id)
            .outerjoin(editor, editor.id == PostRevision.editor_id)
            .where(Post.id == bindparam("post_id", type_=Uuid()))
            .where(PostRevision.number < _param("below", PostRevision.number))
            .order_by(PostRevision.number.desc())
            .limit(_limit())
        )
