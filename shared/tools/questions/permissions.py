"""Who may vote, and who may accept an answer."""

from enum import StrEnum

from shared.db.query import Row
from shared.kernel.actor import Actor
from shared.kernel.permissions import ALLOW, Decision, Level, deny


class QuestionPermission(StrEnum):
    VOTE = "questions:post:vote"
    ACCEPT = "questions:answer:accept"


def decide(permission: QuestionPermission, actor: Actor, topic: Row, post: Row) -> Decision:
    """`topic` has `level`, `author_id`, `closed_at`; `post` has `post_author_id`, `is_first`, `reply_to`."""
    if not actor.signed_in:
        return deny("Sign in to take part.")
    if post["reply_to"] is not None:
        return deny("Comments are neither voted on nor accepted.")
    if permission is QuestionPermission.VOTE:
        if post["post_author_id"] == actor.person_id:
            return deny("Nobody votes on their own post.")
        if topic["closed_at"] is not None and topic["level"] < Level.MODERATE:
            return deny("This topic is closed.")
        return ALLOW if topic["level"] >= Level.REPLY else deny("You may read here, but not vote.")
    if post["is_first"]:
        return deny("A question is not its own answer.")
    if topic["author_id"] == actor.person_id or topic["level"] >= Level.MODERATE:
        return ALLOW
    return deny("Only whoever asked, and moderators, accept an answer.")
