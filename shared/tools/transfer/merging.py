"""Gives what an imported person wrote to the account of whoever it was."""

from uuid import UUID

from sqlalchemy import select, update

from shared.db.context import Context
from shared.kernel.errors import Conflict, NotFound
from shared.kernel.permissions import ALLOW, Decision, deny
from shared.tools.people.models import Person
from shared.tools.questions.models import Question
from shared.tools.spaces.permissions import MANAGER_ROLE
from shared.tools.topics.models import Post, PostRevision, Topic
from shared.tools.transfer.models import ImportedRecord
from shared.tools.transfer.schemas import MergeView

AUTHORSHIP = (Topic.author_id, Post.author_id, PostRevision.editor_id, Question.accepted_by)
"""Every column that says an imported person did something. Imported people cannot vote or react."""


class NotImported(Conflict):
    code = "transfer.not_imported"
    title = "Only a person without an account can be merged into one"


class AlreadyMerged(Conflict):
    code = "transfer.already_merged"
    title = "This person was merged before"


class NotAnAccount(Conflict):
    code = "transfer.not_an_account"
    title = "The other person has no account here, or it is not active"


async def merge_person(ctx: Context, imported_id: UUID, into_id: UUID) -> MergeView:
    """What the imported person wrote is the account's from now on, here and in imports to come.

    The names in attributions stay. Raises `NotFound`, `NotImported`, `AlreadyMerged`, `NotAnAccount`.
    """
    ctx.require(_decide(ctx))
    people = {
        person.id: person
        for person in await ctx.session.scalars(
            select(Person).where(Person.id.in_((imported_id, into_id))).order_by(Person.id).with_for_update()
        )
    }
    imported, into = people.get(imported_id), people.get(into_id)
    if imported is None or into is None:
        raise NotFound("There is no such person.")
    if imported.merged_into is not None:
        raise AlreadyMerged
    if imported.sub is not None or imported.synthetic:
        raise NotImported
    if into.sub is None or not into.active:
        raise NotAnAccount
    await _hand_over(ctx, imported_id, into_id)
    imported.merged_into, imported.active, imported.updated_at = into_id, False, ctx.now()
    await ctx.session.flush()
    return MergeView(imported_id, into_id)


def _decide(ctx: Context) -> Decision:
    return ALLOW if ctx.actor.has_role(MANAGER_ROLE) else deny("Only community managers may merge people.")


async def _hand_over(ctx: Context, imported_id: UUID, into_id: UUID) -> None:
    for column in AUTHORSHIP:
        await ctx.session.execute(
            update(column.class_).where(column == imported_id).values({column.key: into_id})
        )
    await ctx.session.execute(
        update(ImportedRecord)
        .where(ImportedRecord.kind == "user", ImportedRecord.local_id == imported_id)
        .values(local_id=into_id)
    )
