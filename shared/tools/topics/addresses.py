"""Where pages are. Templates know these functions by their names."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from shared.tools.people.schemas import PersonRef
from shared.tools.topics.schemas import TopicRow, TopicView


def space_address(slug: str, **query: str | None) -> str:
    """A space, or what is left of it by `kind`, `tag` and `cursor`."""
    return with_query(f"/s/{slug}", **query)


def topic_address(topic: TopicRow | TopicView, **query: str | None) -> str:
    return with_query(f"/t/{topic.id}/{topic.slug}", **query)


def post_address(post_id: UUID | str) -> str:
    """Leads to the post on the page of its topic."""
    return f"/p/{post_id}"


def person_address(person_id: UUID | str) -> str:
    return f"/people/{person_id}"


def with_query(path: str, **query: str | None) -> str:
    wanted = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(wanted)}" if wanted else path


def author(person: PersonRef) -> dict[str, Any]:
    """A person as the parts of pages want an author."""
    return {"id": person.id, "name": person.name, "url": person_address(person.id)}


def tag_links(topic: TopicRow | TopicView) -> list[tuple[str, str]]:
    """The tags of a topic, each leading to its space's topics with that tag."""
    return [(tag, space_address(topic.space.slug, tag=tag)) for tag in topic.tags]


GLOBALS = {
    "space_address": space_address,
    "topic_address": topic_address,
    "post_address": post_address,
    "person_address": person_address,
    "with_query": with_query,
    "author": author,
    "tag_links": tag_links,
}
