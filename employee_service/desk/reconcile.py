"""Comparing the books of both sides: does each message that arrived equal one that was sent?

Each side's book is read through its own door: this database, and `GET /ledger` of the bridge. Both are read
whole, since a row of old can be tampered with too, but side by side and each row once: what both have is
forgotten, so that memory holds only what the other side has not shown yet.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from employee_service.desk import queries
from employee_service.desk.gateway import BridgeGateway
from employee_service.desk.ledger import covered
from employee_service.desk.models import KnownHead
from shared.bridge.messages import LedgerRow
from shared.db.engine import Database
from shared.kernel import chain
from shared.kernel.chain import Break, Chained, Head, Verdict
from shared.kernel.clock import Clock

COMPARED: Final = ("direction", "message", "digest", "refs")
PATIENCE: Final = 10
"""How often it is looked for more while a row may still be waiting for its number."""
PAUSE_SECONDS: Final = 0.5
BATCH: Final = 500
"""Rows of the own book read at once."""


@dataclass(slots=True)
class Report:
    """`differs` names the first place where the books contradict each other; None when they do not.

    `lost` are crossings that were sent and not received: an answer that got lost on its way.
    """

    agreeing: int = 0
    lost: list[LedgerRow] = field(default_factory=list)
    differs: str | None = None

    @property
    def lines(self) -> list[str]:
        lines = [f"{self.agreeing} crossings agree."]
        if self.lost:
            first = self.lost[0]
            lines.append(
                f"{len(self.lost)} sent, not received: an answer was lost on its way "
                f"(the first is number {first.number} of the bridge, {first.message}, {first.at:%F %T} UTC)."
            )
        lines.append(f"The books DIFFER: {self.differs}" if self.differs else "The books agree.")
        return lines


class Broken(Exception):
    """A book does not hold by itself."""

    def __init__(self, side: str, broken: Break) -> None:
        super().__init__(f"row {broken.number} of the {side}'s book: {broken.reason}")


class Book:
    """One side's book, as far as it was read. `known` is how far it went when it was last compared."""

    def __init__(self, side: str, known: Head) -> None:
        self.side = side
        self.known = known
        self.head = Head()

    def follow(self, rows: list[Chained]) -> None:
        """Raises `Broken`."""
        reaches = bool(rows) and rows[-1].number >= self.known.number
        self._check(chain.verify(rows, start=self.head, known=self.known if reaches else None))

    def end(self) -> None:
        """Raises `Broken` when it was longer once."""
        self._check(chain.verify((), start=self.head, known=self.known))

    def _check(self, verdict: Verdict) -> None:
        if verdict.broken:
            raise Broken(self.side, verdict.broken)
        self.head = verdict.head


class TheirBook(Book):
    """The bridge's, page by page. At its end the last page is asked for again, in case it has grown."""

    def __init__(self, known: Head, gateway: BridgeGateway) -> None:
        super().__init__("bridge", known)
        self._gateway = gateway
        self._cursor: str | None = None
        self._taken = 0

    async def more(self) -> list[LedgerRow]:
        """The next rows; none at the end for now. Raises `Broken`, `BridgeError`, `OidcError`."""
        page = await self._gateway.ledger(self._cursor)
        rows = page.data[self._taken :]
        self._cursor, self._taken = (
            (page.next_cursor, 0) if page.next_cursor else (self._cursor, len(page.data))
        )
        self.follow([Chained(row.number, row.covered(), row.hash) for row in rows])
        return rows


class OwnBook(Book):
    """This side's, batch by batch."""

    def __init__(self, known: Head, database: Database) -> None:
        super().__init__("desk", known)
        self._database = database

    async def more(self) -> list[dict[str, Any]]:
        """The next rows, as their hashes cover them; none at the end for now. Raises `Broken`."""
        async with self._database.transaction() as session:
            found = {"after": self.head.number, "limit": BATCH}
            kept = (await session.scalars(queries.LEDGER, found)).all()
            refs: dict[str, list[str]] = {}
            ids = [row.crossing_id for row in kept]
            for crossing_id, ref in (await session.execute(queries.LEDGER_REFS, {"crossing_ids": ids})).all():
                refs.setdefault(crossing_id, []).append(ref)
        rows = [covered(vars(row) | {"refs": refs.get(row.crossing_id, [])}, row.number) for row in kept]
        self.follow([Chained(row.number, content, row.hash) for row, content in zip(kept, rows, strict=True)])
        return rows

    async def waiting(self) -> list[dict[str, Any]]:
        """What has no number yet."""
        async with self._database.transaction() as session:
            found = (await session.scalars(queries.PENDING)).all()
            return [covered(vars(row), 1) | {"number": None} for row in found]


class Comparison:
    """What each side has that the other has not shown yet, by crossing."""

    def __init__(self) -> None:
        self.report = Report()
        self.own: dict[str, dict[str, Any]] = {}
        self.theirs: dict[str, LedgerRow] = {}
        self._without_number: set[str] = set()

    def received(self, row: dict[str, Any]) -> None:
        """A row of this side; it can come twice, first without its number."""
        crossing_id = row["crossing_id"]
        if crossing_id in self._without_number:
            return
        if sent := self.theirs.pop(crossing_id, None):
            self._match(row, sent)
        else:
            self.own[crossing_id] = row

    def sent(self, row: LedgerRow) -> None:
        """A row of the bridge."""
        if mine := self.own.pop(row.crossing_id, None):
            self._match(mine, row)
        else:
            self.theirs[row.crossing_id] = row

    def _match(self, mine: dict[str, Any], row: LedgerRow) -> None:
        if mine["number"] is None:
            self._without_number.add(row.crossing_id)
        sent = row.covered()
        differing = [name for name in COMPARED if sent[name] != mine[name]]
        if not differing:
            self.report.agreeing += 1
        elif self.report.differs is None:
            self.report.differs = (
                f"row {row.number} of the bridge's book and row {mine['number'] or '(waiting)'} of the "
                f"desk's are about the same crossing but differ in {', '.join(differing)}"
            )

    def conclude(self) -> Report:
        """What only the bridge has was lost on its way; what only this side has cannot have come from it."""
        self.report.lost = list(self.theirs.values())
        if self.report.differs is None:
            for mine in self.own.values():
                self.report.differs = (
                    f"row {mine['number'] or '(waiting)'} of the desk's book ({mine['message']}) is not in "
                    "the bridge's book; if the customers' worker has been down, start it and compare again"
                )
                break
        return self.report


class Reconciliation:
    """`pause` is how many seconds it waits before it looks for more."""

    def __init__(
        self, database: Database, clock: Clock, gateway: BridgeGateway, *, pause: float = PAUSE_SECONDS
    ) -> None:
        self.database = database
        self.clock = clock
        self.gateway = gateway
        self.pause = pause

    async def run(self) -> Report:
        """Reads both books, checks both chains and compares. Raises `BridgeError`, `OidcError`."""
        async with self.database.transaction() as session:
            theirs = TheirBook(await _known(session, "bridge"), self.gateway)
            own = OwnBook(await _known(session, "desk"), self.database)
        comparison = Comparison()
        try:
            await self._read(theirs, own, comparison)
            for _ in range(PATIENCE):
                if not comparison.own:
                    break
                await asyncio.sleep(self.pause)
                await self._read(theirs, own, comparison)
            theirs.end()
            own.end()
        except Broken as broken:
            return Report(differs=str(broken))
        await self._note(theirs, own)
        return comparison.conclude()

    async def _read(self, theirs: TheirBook, own: OwnBook, comparison: Comparison) -> None:
        """All that there is now, side by side, and this side's to the end last: what the bridge has by then
        was received here, or lost."""
        sent = received = True
        while sent or received:
            if sent:
                page = await theirs.more()
                for row in page:
                    comparison.sent(row)
                sent = bool(page)
            if received:
                received = await self._receive(own, comparison)
        for waiting in await own.waiting():
            comparison.received(waiting)
        while await self._receive(own, comparison):
            pass

    async def _receive(self, own: OwnBook, comparison: Comparison) -> bool:
        batch = await own.more()
        for row in batch:
            comparison.received(row)
        return bool(batch)

    async def _note(self, *books: Book) -> None:
        async with self.database.transaction() as session:
            for book in books:
                if book.head.number:
                    head = {"side": book.side, "number": book.head.number, "hash": book.head.hash}
                    noted = insert(KnownHead).values(**head, noted_at=self.clock.now())
                    await session.execute(noted.on_conflict_do_nothing())


async def _known(session: AsyncSession, side: str) -> Head:
    row = (await session.execute(queries.HEAD, {"side": side})).one_or_none()
    return Head(row.number, row.hash) if row else Head()
