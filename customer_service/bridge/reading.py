"""Messages made from the views: what is shared, what changed, what crossed."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from customer_service.bridge import views
from customer_service.bridge.callers import Caller
from customer_service.bridge.errors import BadCursor, NotShared
from customer_service.bridge.gate import Answer
from shared.bridge.messages import (
    Author,
    Change,
    ChangePage,
    Counts,
    LedgerPage,
    LedgerRow,
    Post,
    Sharing,
    Thread,
    ThreadList,
    ThreadSummary,
)
from shared.kernel.errors import Invalid
from shared.kernel.paging import CursorCodec

Row = Mapping[Any, Any]
_SHARING: Final = ("purpose", "audience", "reason", "shared_at", "until")
_PLAIN: Final = (
    "ref",
    "version",
    "kind",
    "space",
    "title",
    "tags",
    "status",
    "created_at",
    "updated_at",
)


def summary_fields(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in _PLAIN} | {
        "author": Author(pseudonym=row["author_pseudonym"], name=row["author_name"]),
        "counts": Counts(replies=row["replies"], votes=row["votes"]),
        "sharing": Sharing(**{name: row[name] for name in _SHARING}),
    }


class Reading:
    """The reads of one caller in one transaction."""

    def __init__(self, session: AsyncSession, caller: Caller, cursors: CursorCodec) -> None:
        self.session = session
        self.caller = caller
        self.cursors = cursors

    @property
    def _who(self) -> dict[str, Any]:
        caller = self.caller
        return {
            "consumer": caller.consumer,
            "purposes": list(caller.purposes),
            "audiences": list(caller.audiences),
        }

    def _key(self, cursor: str | None, *bound_to: object, default: tuple[Any, ...]) -> tuple[Any, ...]:
        """What a cursor stands for. Raises `BadCursor`."""
        if cursor is None:
            return default
        try:
            return self.cursors.decode(cursor, bound_to=self._scope(*bound_to))
        except Invalid as error:
            raise BadCursor(fields=error.fields) from None

    def _cursor(self, *bound_to: object, key: tuple[Any, ...]) -> str:
        return self.cursors.encode(key, bound_to=self._scope(*bound_to))

    def _scope(self, *bound_to: object) -> str:
        return "|".join(str(part) for part in (*bound_to, self.caller.consumer))

    async def threads(self, filters: dict[str, str], cursor: str | None, limit: int) -> Answer:
        bound_to = ("threads", sorted(filters.items()))
        at, ref = self._key(cursor, *bound_to, default=(None, None))
        statement = views.threads(filters, after=cursor is not None, limit=limit + 1)
        given = self._who | ({"after_at": at, "after_ref": ref} if cursor else {})
        rows = (await self.session.execute(statement, given)).mappings().all()
        following = None
        if len(rows) > limit:
            last = rows[limit - 1]
            following = self._cursor(*bound_to, key=(last["shared_at"], last["ref"]))
        data = [ThreadSummary(**summary_fields(row)) for row in rows[:limit]]
        refs = tuple(thread.ref for thread in data)
        return Answer(ThreadList(data=data, next_cursor=following), refs, filters.get("purpose"))

    async def thread(self, ref: str) -> Answer:
        """Raises `NotShared`."""
        row = await self.shared_row(ref)
        given = {"consumer": self.caller.consumer, "ref": ref}
        posts = (await self.session.execute(views.posts(), given)).mappings().all()
        thread = Thread(
            **summary_fields(row),
            body=row["body"],
            posts=[Post(**post) for post in posts],
            accepted_answer=row["accepted_answer"] or None,
        )
        return Answer(thread, (ref,), row["purpose"])

    async def shared_row(self, ref: str) -> Row:
        """The thread of that ref, if it is shared with the caller now. Raises `NotShared`."""
        found = await self.session.execute(views.thread(), self._who | {"ref": ref})
        row: Row | None = found.mappings().one_or_none()
        if row is None:
            raise NotShared
        return row

    def position(self, cursor: str | None) -> int:
        """The place in the feed that a cursor stands for; 0 is before the first change."""
        (position,) = self._key(cursor, "changes", default=(0,))
        return int(position)

    async def changes(self, cursor: str | None, limit: int) -> Answer:
        after = self.position(cursor)
        given = {"consumer": self.caller.consumer, "after": after}
        rows = (await self.session.execute(views.changes(limit), given)).mappings().all()
        data = [Change(**row) for row in rows]
        last = data[-1].position if data else after
        page = ChangePage(data=data, next_cursor=self._cursor("changes", key=(last,)))
        return Answer(page, tuple(dict.fromkeys(change.ref for change in data)), booked=bool(data))

    async def withdrawals(self, position: int) -> int:
        """How many withdrawals up to `position` the caller has not confirmed yet."""
        given = {
            "consumer": self.caller.consumer,
            "after": self.caller.acknowledged,
            "position": position,
        }
        return int(await self.session.scalar(views.withdrawals(), given) or 0)

    async def ledger(self, cursor: str | None, limit: int) -> Answer:
        (after,) = self._key(cursor, "ledger", default=(0,))
        given = {"consumer": self.caller.consumer, "after": after}
        rows = (await self.session.execute(views.ledger(limit + 1), given)).mappings().all()
        data = [LedgerRow(**row) for row in rows[:limit]]
        following = self._cursor("ledger", key=(data[-1].number,)) if len(rows) > limit else None
        return Answer(LedgerPage(data=data, next_cursor=following), booked=False)
