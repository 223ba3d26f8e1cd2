"""What happened to topics and posts, for whoever reacts to it from the outbox."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class TopicStarted:
    name: ClassVar[str] = "topics.topic_started"
    topic_id: UUID


@dataclass(frozen=True, slots=True)
class TopicChanged:
    """Something a reader of the topic could see has changed: its text, its posts, its state."""

    name: ClassVar[str] = "topics.topic_changed"
    topic_id: UUID


@dataclass(frozen=True, slots=True)
class PostRated:
    """Somebody voted on a post, reacted to it, or took that back; who is not told.

    The topic keeps its version, so that nobody's edit is refused because others voted meanwhile.
    """

    name: ClassVar[str] = "topics.post_rated"
    topic_id: UUID
    post_id: UUID


@dataclass(frozen=True, slots=True)
class TopicDeleted:
    name: ClassVar[str] = "topics.topic_deleted"
    topic_id: UUID


NAMES = tuple(event.name for event in (TopicStarted, TopicChanged, PostRated, TopicDeleted))
