"""What a question adds to its posts: votes beside them, the accepted answer's ribbon, the way to accept."""

from typing import Final

from shared.tools.topics.addresses import post_address
from shared.tools.topics.schemas import PostView, TopicView
from shared.web.templates import ICON, VOTE

RIBBON: Final = f'<p class="ribbon is-success">{ICON("check")}Accepted answer</p>'
UNDO: Final = '<input type="hidden" name="accept" value="false">'


def rail(post: PostView, topic: TopicView) -> str:
    mine = post.extensions.get("question", {}).get("my_vote", 0)
    what = "this question" if post.id == topic.post.id else "this answer"
    return VOTE(f"{post_address(post.id)}/vote", post.score, mine, "vote" in post.can, what=what)


def is_accepted(post: PostView, topic: TopicView) -> bool:
    accepted = topic.extensions.get("question", {}).get("accepted_post_id")
    return bool(accepted == str(post.id))


def over(post: PostView, topic: TopicView) -> str:
    return RIBBON if is_accepted(post, topic) else ""


def actions(post: PostView, topic: TopicView) -> str:
    if "accept" not in post.can:
        return ""
    accepted = is_accepted(post, topic)
    label, field = ("Undo acceptance", UNDO) if accepted else ("Accept this answer", "")
    button = f'<button class="btn btn-quiet btn-small">{label}</button>'
    where = f"{post_address(post.id)}/accept"
    return f'<form class="inline" method="post" action="{where}">{field}{button}</form>'
