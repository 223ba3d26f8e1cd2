"""What goes in and out at the desk. Threads themselves are the bridge's messages."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.bridge.messages import PublicName, ReplyText, Thread, ThreadSummary
from shared.tools.people.schemas import PersonRef


class Reach(StrEnum):
    """Whether the customers' side can be reached now, and why not."""

    OPEN = "open"
    CLOSED = "closed"
    UNREACHABLE = "unreachable"
    OVERDUE = "purge_overdue"
    REFUSED = "refused"


REACH_WORDS: dict[Reach, str] = {
    Reach.CLOSED: "The bridge is closed by the customers' side. Your notes are here; answers wait.",
    Reach.UNREACHABLE: "The customers' side cannot be reached now. Your notes are here; answers wait.",
    Reach.OVERDUE: "The bridge waits until this side has confirmed that withdrawn threads are deleted.",
    Reach.REFUSED: "The bridge does not admit you now. Signing in again may help.",
}


@dataclass(slots=True)
class DeskFacts:
    """What the desk itself knows of a thread."""

    ref: str
    seen_at: datetime
    withdrawn_at: datetime | None
    notes: int
    waiting: Annotated[int, Field(description="Answers on their way")]
    assignee: PersonRef | None


@dataclass(slots=True)
class DeskRow:
    """A thread in the list. `thread` is None when it could not be asked for."""

    thread: ThreadSummary | None
    facts: DeskFacts


@dataclass(slots=True)
class DeskList:
    """`as_of` is set when the bridge gave no list: what the desk itself knows is as old as that."""

    reach: Reach
    data: list[DeskRow]
    next_cursor: str | None
    as_of: datetime | None
    withdrawn: Annotated[
        list[DeskFacts],
        Field(description="On the first page: threads that are gone and have notes, newest first"),
    ]


@dataclass(slots=True)
class NoteView:
    """Internal. It is never sent anywhere."""

    id: UUID
    author: PersonRef
    body: str
    html: str
    created_at: datetime


@dataclass(slots=True)
class ReplyView:
    """An official answer by its state; `body` is None once it is delivered."""

    id: UUID
    author: PersonRef
    public_name: str
    state: Annotated[str, Field(description="queued, delivered or refused")]
    reason: str
    body: str | None
    queued_at: datetime
    settled_at: datetime | None


@dataclass(slots=True)
class DeskThreadView:
    """One thread at the desk. `thread` is None when it was withdrawn or cannot be asked for now."""

    reach: Reach
    thread: Thread | None
    facts: DeskFacts
    notes: list[NoteView]
    replies: list[ReplyView]

    @property
    def settled(self) -> datetime | None:
        """When the last answer was delivered: what was refused before is a matter of the past."""
        return max(
            (r.settled_at for r in self.replies if r.state == "delivered" and r.settled_at), default=None
        )

    @property
    def texts(self) -> list[str]:
        """Every text of it that is Markdown still."""
        thread = [self.thread.body, *(post.body for post in self.thread.posts)] if self.thread else []
        return thread + [reply.body for reply in self.replies if reply.body]


class NoteCreate(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"body": "Same as last week: the firmware."}]}
    )

    body: Annotated[str, StringConstraints(min_length=1, max_length=10_000)]


class ReplyCreate(BaseModel):
    """An official answer, and the name or role that customers will see beside it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"body": "Update to 2.4, please.", "public_name": "Support team"}]},
    )

    body: ReplyText
    public_name: PublicName


@dataclass(slots=True)
class PreviewView:
    html: str
    name: str
    badge: str
