"""The only visible-rows statements for topics and posts: whatever lists, counts or reads starts here."""

from typing import Any

from sqlalchemy import Select, select, true

from shared.tools.spaces.models import Space
from shared.tools.spaces.visibility import access
from shared.tools.topics.models import Post, Topic


def visible_topics(*columns: Any) -> Select[Any]:
    """Topics this actor may see, with `level`. Takes the parameter `groups`."""
    granted = access()
    return (
        select(*columns, granted.c.level)
        .select_from(Topic)
        .join(Space, Space.id == Topic.space_id)
        .join(granted, true())
        .where(granted.c.level.is_not(None), Topic.deleted_at.is_(None))
    )


def visible_posts(*columns: Any) -> Select[Any]:
    """Posts in topics this actor may see, with `level`; a comment goes with the post it answers."""
    parent = Post.__table__.alias("parent")
    return (
        visible_topics(*columns)
        .join(Post, Post.topic_id == Topic.id)
        .outerjoin(parent, parent.c.id == Post.reply_to)
        .where(Post.deleted_at.is_(None), parent.c.deleted_at.is_(None))
    )
