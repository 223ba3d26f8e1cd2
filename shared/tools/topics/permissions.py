"""What may be done to topics and posts: one decision, used by the views (`can`) and by every write."""

from enum import StrEnum

from shared.db.query import Row
from shared.kernel.actor import Actor
from shared.kernel.permissions import ALLOW, Decision, Level, deny


class TopicPermission(StrEnum):
    START = "topics:topic:start"
    REPLY = "topics:topic:reply"
    EDIT = "topics:topic:edit"
    CLOSE = "topics:topic:close"
    DELETE = "topics:topic:delete"


class PostPermission(StrEnum):
    COMMENT = "topics:post:comment"
    REACT = "topics:post:react"
    EDIT = "topics:post:edit"
    DELETE = "topics:post:delete"


SIGN_IN = deny("Sign in to take part.")


def decide_topic(permission: TopicPermission, actor: Actor, topic: Row) -> Decision:
    """`topic` has `level`, `author_id` and `closed_at`."""
    if not actor.signed_in:
        return SIGN_IN
    level = topic["level"]
    if level >= Level.MODERATE:
        return ALLOW
    if permission is TopicPermission.CLOSE:
        return deny("Only moderators close and reopen topics.")
    if topic["closed_at"] is not None:
        return deny("This topic is closed.")
    if permission is TopicPermission.REPLY:
        return ALLOW if level >= Level.REPLY else deny("You may read here, but not reply.")
    if topic["author_id"] != actor.person_id:
        return deny("Only the author and moderators may do this.")
    if permission is TopicPermission.DELETE and topic["reply_count"]:
        return deny("Others have answered: ask a moderator to remove this topic.")
    return ALLOW


def decide_start(actor: Actor, level: int) -> Decision:
    if not actor.signed_in:
        return SIGN_IN
    return ALLOW if level >= Level.POST else deny("You may not start topics in this space.")


def decide_post(permission: PostPermission, actor: Actor, topic: Row, post: Row) -> Decision:
    """`post` has `post_author_id`, `is_first` and `reply_to`; `topic` as for `decide_topic`."""
    if not actor.signed_in:
        return SIGN_IN
    level = topic["level"]
    if permission is PostPermission.COMMENT and post["reply_to"] is not None:
        return deny("Comments are one level deep: comment on the post itself.")
    if permission is PostPermission.DELETE and post["is_first"]:
        return deny("This is the topic's own text: remove the topic instead.")
    if level >= Level.MODERATE:
        return ALLOW
    if topic["closed_at"] is not None:
        return deny("This topic is closed.")
    if permission in (PostPermission.COMMENT, PostPermission.REACT):
        return ALLOW if level >= Level.REPLY else deny("You may read here, but not take part.")
    if post["post_author_id"] != actor.person_id:
        return deny("Only the author and moderators may do this.")
    return ALLOW


_OF_TOPIC = tuple((p, p.rpartition(":")[2]) for p in TopicPermission if p is not TopicPermission.START)
_OF_POST = tuple((p, p.rpartition(":")[2]) for p in PostPermission)


def topic_abilities(actor: Actor, topic: Row) -> list[str]:
    return [name for permission, name in _OF_TOPIC if decide_topic(permission, actor, topic)]


def post_abilities(actor: Actor, topic: Row, post: Row) -> list[str]:
    return [name for permission, name in _OF_POST if decide_post(permission, actor, topic, post)]
