"""What is asked of the log."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """What to look for; None is anything. `until` is the first moment that is not wanted any more."""

    event: str | None = None
    actor: str | None = None
    account_id: UUID | None = None
    client_id: str | None = None
    address: str | None = None
    result: str | None = None
    since: datetime | None = None
    until: datetime | None = None
