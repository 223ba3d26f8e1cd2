"""What the hot write, a reply, says to the database."""

from typing import Any

from sqlalchemy import bindparam, func, insert, update

from shared.db.query import Command
from shared.tools.topics.models import Post, Topic


def _given(*names: str) -> dict[str, Any]:
    return {name: bindparam(name) for name in names}


INSERT_REPLY = Command(
    insert(Post).values(_given("id", "topic_id", "reply_to", "author_id", "body", "html", "created_at"))
)
"""A reply, or a comment when `reply_to` is not None."""

COUNT_REPLY = Command(
    update(Topic)
    .where(Topic.id == bindparam("topic_id"), Topic.deleted_at.is_(None))
    .values(
        last_post_at=func.greatest(Topic.last_post_at, bindparam("now")),
        reply_count=Topic.reply_count + bindparam("replies"),
        version=Topic.version + 1,
    )
    .returning(Topic.id)
)
"""No row comes back when the topic is gone. `replies` is 1 for a reply and 0 for a comment."""
