"""Discussions: replies in the order they came."""

from shared.tools.topics.kinds import KindSpec
from shared.tools.topics.models import Post

KIND = KindSpec(
    name="discussion",
    label="Discussion",
    icon="discussion",
    start_label="Start a discussion",
    post_order=(Post.created_at, Post.id),
)
