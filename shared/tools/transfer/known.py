"""Which records of a source are here already."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, any_, bindparam, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.tools.topics.models import Post
from shared.tools.transfer.models import ImportedRecord

_KNOWN = select(ImportedRecord.external_id, ImportedRecord.local_id).where(
    ImportedRecord.source == bindparam("source"),
    ImportedRecord.kind == bindparam("kind"),
    ImportedRecord.external_id == any_(bindparam("ids", type_=ARRAY(Text()))),
)
_PLACES = (
    select(ImportedRecord.external_id, Post.id, Post.topic_id, Post.is_first)
    .join(Post, Post.id == ImportedRecord.local_id)
    .where(
        ImportedRecord.source == bindparam("source"),
        ImportedRecord.kind == "post",
        ImportedRecord.external_id == any_(bindparam("ids", type_=ARRAY(Text()))),
    )
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an imported post lies here."""

    post_id: UUID
    topic_id: UUID
    is_first: bool


@dataclass
class KnownRecords:
    """Looks up and remembers what came from `source`, inside the import's transaction."""

    session: AsyncSession
    source: str
    now: datetime
    _fresh: list[dict[str, Any]] = field(default_factory=list)

    async def lock(self) -> None:
        """Keeps a second import of the same source waiting until this one ends."""
        key = func.hashtextextended(f"import {self.source}", 0)
        await self.session.execute(select(func.pg_advisory_xact_lock(key)))

    async def find(self, kind: str, ids: Iterable[int]) -> dict[int, UUID | None]:
        """External id → local id of those that are here."""
        rows = await self.session.execute(_KNOWN, self._arguments(ids) | {"kind": kind})
        return {int(external): local for external, local in rows}

    async def find_local(self, kind: str, ids: Iterable[int]) -> dict[int, UUID]:
        """As `find`, of what has a row of its own."""
        return {key: local for key, local in (await self.find(kind, ids)).items() if local is not None}

    async def places(self, ids: Iterable[int]) -> dict[int, Place]:
        """External post id → where it lies here."""
        rows = await self.session.execute(_PLACES, self._arguments(ids))
        return {int(row.external_id): Place(row.id, row.topic_id, row.is_first) for row in rows}

    def remember(self, kind: str, external_id: int, local_id: UUID | None) -> None:
        """Notes a record that is being written; `flush` writes the notes."""
        self._fresh.append(
            {
                "source": self.source,
                "kind": kind,
                "external_id": str(external_id),
                "local_id": local_id,
                "imported_at": self.now,
            }
        )

    async def flush(self) -> None:
        """Writes what was remembered since the last time."""
        await insert_rows(self.session, ImportedRecord, self._fresh)
        self._fresh.clear()

    def _arguments(self, ids: Iterable[int]) -> dict[str, Any]:
        return {"source": self.source, "ids": [str(number) for number in ids]}


async def insert_rows(session: AsyncSession, model: type[Any], rows: Sequence[dict[str, Any]]) -> None:
    """Inserts plain rows by one prepared statement; nothing when there are none."""
    if rows:
        await session.execute(insert(model.__table__), list(rows))
