"""What a service method works with: who asks, when, and the way to the rows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sqlalchemy.ext.asyncio import AsyncSession

from shared.db.query import Reader, Writer
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock
from shared.kernel.errors import Forbidden, Unauthenticated
from shared.kernel.paging import CursorCodec
from shared.kernel.permissions import Decision


@dataclass(slots=True)
class ReadContext:
    """Enough to read on behalf of `actor`."""

    actor: Actor
    reader: Reader
    clock: Clock
    cursors: CursorCodec
    request_id: str = "-"

    def now(self) -> datetime:
        return self.clock.now()

    def require(self, decision: Decision) -> None:
        """Raises `Unauthenticated` when signing in might help, else `Forbidden` with the reason."""
        if decision:
            return
        if not self.actor.signed_in:
            raise Unauthenticated(decision.reason)
        raise Forbidden(decision.reason)

    def cursor_scope(self, *parts: object) -> str:
        """What a cursor of this list is bound to: the list, its filters and the caller."""
        return "|".join(str(p) for p in (*parts, self.actor.person_id or "guest"))

    def person(self) -> Self:
        """This context, when somebody is signed in. Raises `Unauthenticated`."""
        if not self.actor.signed_in:
            raise Unauthenticated
        return self


@dataclass(slots=True)
class Context(ReadContext):
    """A `ReadContext` inside the request's one transaction. Services flush; only the edge commits."""

    reader: Writer
    session: AsyncSession = None  # type: ignore[assignment] # always given; follows defaulted fields
