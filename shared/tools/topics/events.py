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
class TopicDeleted:
    name: ClassVar[str] = "topics.topic_deleted"
    topic_id: UUID
