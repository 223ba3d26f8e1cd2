"""What happened at the desk, for the worker."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ReplyQueued:
    """An official answer waits to be taken over the bridge."""

    name: ClassVar[str] = "desk.reply_queued"
    reply_id: UUID
