"""What the answer to one question has to say."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """`entity_id` and `answer_url` are ours, and `needs_auth_after` is when the person has to have proved
    who they are."""

    issuer: str
    entity_id: str
    answer_url: str
    request_id: str
    needs_auth_after: datetime | None
    now: datetime
