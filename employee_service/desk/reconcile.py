"""Comparing the books of both sides: does each message that arrived equal one that was sent?

Each side's book is read through its own door: this database, and `GET /ledger` of the bridge.
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
from shared.kernel.chain import Chained, Head
from shared.kernel.clock import Clock

COMPARED: Final = ("direction", "message", "digest", "refs")
PATIENCE: Final = 10
"""How often the books are read again while a row may still be waiting for its number."""
PAUSE_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Own:
    """This side's book: the numbered rows as a chain, and all crossings by their id."""

    chained: list[Chained]
    by_id: dict[str, dict[str, Any]]


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


class Reconciliation:
    """`pause` is how many seconds it waits before it reads again."""

    def __init__(
        self, database: Database, clock: Clock, gateway: BridgeGateway, *, pause: float = PAUSE_SECONDS
    ) -> None:
        self.database = database
        self.clock = clock
        self.gateway = gateway
        self.pause = pause

    async def run(self) -> Report:
        """Reads both books, checks both chains and compares. Raises `BridgeError`, `OidcError`."""
        theirs = await self._theirs()
        own = await self._own()
        for _ in range(PATIENCE):
            if own.by_id.keys() <= {row.crossing_id for row in theirs}:
                break
            await asyncio.sleep(self.pause)
            theirs = await self._theirs()
        report = await self._check_chains(own, theirs)
        if report.differs is None:
            compare(own.by_id, theirs, report)
        return report

    async def _theirs(self) -> list[LedgerRow]:
        rows, cursor = [], None
        while True:
            page = await self.gateway.ledger(cursor)
            rows += page.data
            cursor = page.next_cursor
            if cursor is None:
                return rows

    async def _own(self) -> Own:
        async with self.database.transaction() as session:
            refs: dict[str, list[str]] = {}
            for crossing_id, ref in (await session.execute(queries.LEDGER_REFS)).all():
                refs.setdefault(crossing_id, []).append(ref)
            chained, by_id = [], {}
            for kept in (await session.scalars(queries.LEDGER)).all():
                row = vars(kept) | {"refs": refs.get(kept.crossing_id, [])}
                content = covered(row, kept.number)
                chained.append(Chained(kept.number, content, kept.hash))
                by_id[kept.crossing_id] = content
            for waiting in (await session.scalars(queries.PENDING)).all():
                by_id.setdefault(waiting.crossing_id, covered(vars(waiting), 1) | {"number": None})
        return Own(chained, by_id)

    async def _check_chains(self, own: Own, theirs: list[LedgerRow]) -> Report:
        """Both chains, each also against the head noted at the last comparison."""
        report = Report()
        bridge = [Chained(row.number, row.covered(), row.hash) for row in theirs]
        async with self.database.transaction() as session:
            for side, rows in (("bridge", bridge), ("desk", own.chained)):
                verdict = chain.verify(rows, known=await _known(session, side))
                if verdict.broken:
                    broken = verdict.broken
                    report.differs = f"row {broken.number} of the {side}'s book: {broken.reason}"
                    return report
                await self._note(session, side, verdict.head)
        return report

    async def _note(self, session: AsyncSession, side: str, head: Head) -> None:
        if head.number:
            noted = {"side": side, "number": head.number, "hash": head.hash, "noted_at": self.clock.now()}
            await session.execute(insert(KnownHead).values(**noted).on_conflict_do_nothing())


async def _known(session: AsyncSession, side: str) -> Head:
    row = (await session.execute(queries.HEAD, {"side": side})).one_or_none()
    return Head(row.number, row.hash) if row else Head()


def compare(own: dict[str, dict[str, Any]], theirs: list[LedgerRow], report: Report) -> None:
    """Row by row, by crossing id. What only the bridge has was lost on its way; what only this side has
    cannot have come from the bridge."""
    received = dict(own)
    for row in theirs:
        mine = received.pop(row.crossing_id, None)
        if mine is None:
            report.lost.append(row)
            continue
        sent = row.covered()
        differing = [name for name in COMPARED if sent[name] != mine[name]]
        if differing:
            report.differs = (
                f"row {row.number} of the bridge's book and row {mine['number'] or '(waiting)'} of the "
                f"desk's are about the same crossing but differ in {', '.join(differing)}"
            )
            return
        report.agreeing += 1
    for mine in received.values():
        report.differs = (
            f"row {mine['number'] or '(waiting)'} of the desk's book ({mine['message']}) is not in the "
            "bridge's book; if the customers' worker has been down, start it and compare again"
        )
        return
