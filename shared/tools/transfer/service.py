"""Use cases: bring in a whole community from elsewhere, and give its people their accounts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select

from shared.db import outbox
from shared.db.context import Context
from shared.kernel.actor import ANYONE, MEMBERS, Actor
from shared.kernel.errors import Conflict
from shared.kernel.permissions import Level
from shared.tools.spaces.groups import MANAGERS
from shared.tools.spaces.models import Space
from shared.tools.spaces.permissions import MANAGER_ROLE
from shared.tools.spaces.schemas import GrantPut, GrantsPut, SpaceCreate
from shared.tools.spaces.service import LEVEL_NAMES, SpaceService, SpacesPolicy
from shared.tools.topics.events import TopicChanged
from shared.tools.transfer.counters import recount, recount_space
from shared.tools.transfer.known import KnownRecords
from shared.tools.transfer.report import ImportReport
from shared.tools.transfer.stackexchange.archive import DumpFile
from shared.tools.transfer.stackexchange.history import history_spool
from shared.tools.transfer.stackexchange.index import Outcome
from shared.tools.transfer.stackexchange.records import Revision
from shared.tools.transfer.stackexchange.validate import Level as FindingLevel
from shared.tools.transfer.stackexchange.validate import ValidatedDump
from shared.tools.transfer.stackexchange.write_comments import write_comments
from shared.tools.transfer.stackexchange.write_links import write_links, write_tags
from shared.tools.transfer.stackexchange.write_people import write_people
from shared.tools.transfer.stackexchange.write_posts import KIND, write_posts
from shared.tools.transfer.stackexchange.writing import Writing

OPERATOR: Final = Actor(name="operator", roles=frozenset({MANAGER_ROLE}), groups=(ANYONE, MEMBERS, MANAGERS))
"""Whoever runs a command on the machine itself: a manager without a person."""


class NoQuestionsHere(Conflict):
    code = "transfer.no_questions_here"
    title = "The space does not take questions"


@dataclass(frozen=True, slots=True)
class SpaceWanted:
    """Where an import goes; made when it is not there."""

    slug: str
    name: str
    goal: str = ""


class ImportService:
    """Writes a validated dump inside the context's transaction: all of it or nothing."""

    def __init__(self, ctx: Context, policy: SpacesPolicy) -> None:
        self.ctx = ctx
        self.policy = policy

    async def import_stackexchange(
        self, valid: ValidatedDump, space: SpaceWanted, *, advance: Callable[[int], None] | None = None
    ) -> ImportReport:
        """Raises `NoQuestionsHere`, and what `SpaceService.create` raises for a space it has to make."""
        session = self.ctx.session
        known = KnownRecords(session, f"stackexchange:{valid.site}", self.ctx.now())
        await known.lock()
        space_id = await self._space(space)
        writing = Writing(session, valid, space_id, self.ctx.now(), known, _report_of(valid), advance)
        await write_people(writing)
        with history_spool() as spool:
            spool.fill(writing.read(DumpFile.POST_HISTORY, Revision))
            await write_posts(writing, spool)
        await write_tags(writing)
        await write_comments(writing)
        await write_links(writing)
        await self._finish(writing)
        return writing.report

    async def _finish(self, writing: Writing) -> None:
        """Counters, and word of what changed in topics that were here before."""
        await recount(self.ctx.session, sorted(writing.touched))
        if writing.started:
            await recount_space(self.ctx.session, writing.space_id)
        for topic_id in sorted(writing.touched - writing.started):
            await outbox.append(self.ctx.session, TopicChanged(topic_id), now=self.ctx.now())
        assert not writing.report.unaccounted(), writing.report.unaccounted()

    async def _space(self, wanted: SpaceWanted) -> UUID:
        row = (
            await self.ctx.session.execute(select(Space.id, Space.kinds).where(Space.slug == wanted.slug))
        ).first()
        if row is None:
            return await self._new_space(wanted)
        if KIND not in row.kinds:
            raise NoQuestionsHere(f"The space {wanted.slug} takes {', '.join(row.kinds)}, not questions.")
        return UUID(str(row.id))

    async def _new_space(self, wanted: SpaceWanted) -> UUID:
        """A space that everyone may read, as far as this community shows anything to everyone."""
        spaces = SpaceService(self.ctx, self.policy)
        new = SpaceCreate(slug=wanted.slug, name=wanted.name, goal=wanted.goal, kinds=[KIND])
        made = await spaces.create(new)
        everyone = (
            [GrantPut(group=ANYONE, level=LEVEL_NAMES[Level.SEE])] if self.policy.anonymous_reading else []
        )
        grants = GrantsPut(grants=[*everyone, GrantPut(group=MEMBERS, level=LEVEL_NAMES[Level.POST])])
        await spaces.put_grants(made.id, grants, version=made.version)
        return made.id


def _report_of(valid: ValidatedDump) -> ImportReport:
    """A report with what validation has settled; what is to be imported is counted as it is written."""
    notes = [str(finding) for finding in valid.findings if finding.level is FindingLevel.NOTE]
    report = ImportReport.of({file.value: rows for file, rows in valid.rows.items()}, notes)
    for file, fates in valid.fates.items():
        for fate, count in fates.items():
            if fate.outcome is Outcome.SKIPPED:
                report.skipped(file, fate.reason, count)
            elif fate.outcome is Outcome.MERGED:
                report.merged(file, fate.reason, count)
    return report
