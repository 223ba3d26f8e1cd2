"""Every SELECT for readers on what imports leave behind."""

from functools import cache

from sqlalchemy import Text, Uuid, bindparam, literal, select

from shared.db.query import Query
from shared.tools.topics.models import Topic
from shared.tools.topics.visibility import visible_topics
from shared.tools.transfer.models import TopicLink

MOST_LINKS = 100


@cache
def links() -> Query:
    """The visible topics at the other end of a topic's links."""
    topic_id = bindparam("topic_id", type_=Uuid())
    to = select(
        TopicLink.related_topic_id.label("other"), TopicLink.kind, literal("to", Text()).label("direction")
    )
    back = select(TopicLink.topic_id, TopicLink.kind, literal("from", Text()))
    ends = (
        to.where(TopicLink.topic_id == topic_id)
        .union_all(back.where(TopicLink.related_topic_id == topic_id))
        .subquery("ends")
    )
    return Query(
        visible_topics(Topic.id, Topic.title, Topic.slug, ends.c.kind.label("link_kind"), ends.c.direction)
        .join(ends, ends.c.other == Topic.id)
        .order_by(ends.c.direction.desc(), Topic.title, Topic.id)
        .limit(MOST_LINKS)
    )


@cache
def visible_topic() -> Query:
    return Query(visible_topics(Topic.id).where(Topic.id == bindparam("topic_id", type_=Uuid())))
