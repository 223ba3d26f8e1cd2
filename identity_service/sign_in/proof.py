"""What leads from a proof to a session."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from identity_service.limits.service import Key
from shared.oidc.names import Acr


@dataclass(frozen=True, slots=True)
class Proof:
    """Whose account it is, and how they proved it.

    Of a password, `password_hash` is what it was compared with, and `counted` the limit that it took from:
    who is right starts again at nought. `session_id` is the session in which it was given, where it was given
    before.
    """

    account_id: UUID
    realm: str
    amr: list[str]
    password_hash: str | None = None
    counted: Key | None = None
    session_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """Where a sign-in leads: to a request that waits, or to one of our own pages; and what that wants.
    `proved_at` is when the person proved who they are, where that was not just now but elsewhere."""

    pending_id: UUID | None = None
    back_to: str = ""
    level: Acr = Acr.ONE
    proved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Browser:
    """The secrets that a browser brings: of its session, and by which it is known."""

    session: str | None
    known_by: str | None
