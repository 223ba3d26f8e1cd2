"""Runs imports inside a test's transaction and looks at what came of them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from shared.db.context import Context
from shared.kernel.clock import MemoryClock
from shared.kernel.paging import CursorCodec
from shared.tools.people.models import Person
from shared.tools.questions.models import Question
from shared.tools.spaces.models import Space
from shared.tools.spaces.service import SpacesPolicy
from shared.tools.topics.models import Post, PostRevision, Topic
from shared.tools.transfer.models import ImportedRecord, PostAttribution, TopicLink
from shared.tools.transfer.report import ImportReport
from shared.tools.transfer.service import OPERATOR, ImportService, SpaceWanted
from shared.tools.transfer.stackexchange.archive import open_dump
from shared.tools.transfer.stackexchange.validate import validate
from tests.fixtures.databases import Db

TABLES = (Person, Space, Topic, Post, PostRevision, Question, PostAttribution, TopicLink, ImportedRecord)
POLICY = SpacesPolicy(anonymous_reading=True, kinds=("question", "discussion"))


@dataclass
class Importer:
    """Imports a dump into the community of the test."""

    db: Db

    @property
    def ctx(self) -> Context:
        clock = MemoryClock(datetime(2026, 5, 4, 12, tzinfo=UTC))
        return Context(OPERATOR, self.db.reader, clock, CursorCodec("test"), session=self.db.session)

    async def run(self, folder: Path, space: str = "garden") -> ImportReport:
        with open_dump(folder) as dump:
            service = ImportService(self.ctx, POLICY)
            return await service.import_stackexchange(validate(dump), SpaceWanted(space, "Garden"))

    async def counts(self) -> dict[str, int]:
        select_counts = {t.__tablename__: select(func.count()).select_from(t) for t in TABLES}
        return {name: await self.db.session.scalar(query) or 0 for name, query in select_counts.items()}

    async def one(self, kind: str, number: object) -> Any:
        """What a record of the source became here."""
        model: type[Any] = Person if kind == "user" else Post
        return await self.db.session.scalar(
            select(model)
            .join(ImportedRecord, ImportedRecord.local_id == model.id)
            .where(ImportedRecord.kind == kind, ImportedRecord.external_id == str(number))
        )

    async def attribution(self, post: Post) -> PostAttribution:
        found = await self.db.session.get(PostAttribution, post.id)
        assert found is not None
        return found
