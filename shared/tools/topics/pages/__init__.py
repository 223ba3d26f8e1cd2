"""The pages of topics: lists, a topic with its replies, a single post, and what is written in them."""

from shared.tools.topics.pages import lists, posts, starting, topic

ROUTERS = (lists.router, starting.router, topic.router, posts.router)
