"""What each part of an import works with while it writes."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.kernel.ids import new_id
from shared.tools.people.models import Person
from shared.tools.transfer.known import KnownRecords, insert_rows
from shared.tools.transfer.report import ImportReport
from shared.tools.transfer.stackexchange.archive import DumpFile
from shared.tools.transfer.stackexchange.convert import FORMER_AUTHOR
from shared.tools.transfer.stackexchange.index import Outcome
from shared.tools.transfer.stackexchange.records import Comment, Post, PostLink, Revision, Tag, User
from shared.tools.transfer.stackexchange.validate import ValidatedDump
from shared.tools.transfer.stackexchange.xml_rows import read_rows

ALREADY: Final = "imported before"
KEPT: Final = "its post was imported before and stays as it is"
GONE: Final = "its post has been removed here"

Importable = TypeVar("Importable", User, Tag, Post, Revision, Comment, PostLink)
Advance = Callable[[int], None]


@dataclass
class Writing:
    """One import in progress, inside one transaction."""

    session: AsyncSession
    valid: ValidatedDump
    space_id: UUID
    now: datetime
    known: KnownRecords
    report: ImportReport
    advance: Advance | None = None
    started: set[UUID] = field(default_factory=set)
    """Topics this import has made."""
    touched: set[UUID] = field(default_factory=set)
    """Topics it has added posts to; their counters are to be counted anew."""
    accepted: list[tuple[int, int]] = field(default_factory=list)
    """New questions and their accepted answers, by the source's ids."""

    @property
    def site(self) -> str:
        return self.valid.site

    def read(self, file: DumpFile, kind: type[Importable]) -> Iterator[Importable]:
        """The records of one file that are to be imported."""
        for row in read_rows(self.valid.dump, file, self.advance):
            record = kind.read(row)
            if self.valid.index.fate(record).outcome is Outcome.IMPORTED:
                yield record

    async def authors(self, ids: Iterable[int | None]) -> "Authors":
        """The people here behind these users of the source."""
        wanted = {number for number in ids if number is not None}
        return Authors(await self.known.find_local("user", wanted), await self._former_author())

    def author_name(self, user_id: int | None) -> str | None:
        """The name in Users.xml, None for somebody who is not there."""
        return None if user_id is None else self.valid.index.users.get(user_id)

    async def _former_author(self) -> UUID:
        """Stands for all whose account the source has removed; one for each source."""
        found = await self.known.find_local("former author", [0])
        if 0 not in found:
            found[0] = new_id()
            times = {"created_at": self.now, "updated_at": self.now}
            await insert_rows(
                self.session, Person, [{"id": found[0], "name": FORMER_AUTHOR, "synthetic": True, **times}]
            )
            self.known.remember("former author", 0, found[0])
            await self.known.flush()
        return found[0]


@dataclass(frozen=True, slots=True)
class Authors:
    """People by the source's user id; whoever is not there is the former author."""

    people: dict[int, UUID]
    former: UUID

    def of(self, user_id: int | None) -> UUID:
        return self.former if user_id is None else self.people.get(user_id, self.former)

    def editor(self, user_id: int | None) -> UUID | None:
        """Who edited; None when nobody can be named."""
        return None if user_id is None else self.people.get(user_id)
