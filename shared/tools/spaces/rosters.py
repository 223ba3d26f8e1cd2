"""Who is in a group, for those who manage groups."""

from dataclasses import dataclass
from uuid import UUID

from shared.db.context import ReadContext
from shared.kernel.errors import NotFound
from shared.kernel.text import clean_line
from shared.tools.people.schemas import PersonRef
from shared.tools.spaces import queries
from shared.tools.spaces.permissions import SpacePermission, decide
from shared.tools.spaces.schemas import GroupView
from shared.tools.spaces.service import group_view

MOST = 200
"""People listed at once."""


@dataclass(slots=True)
class Roster:
    """A group with its members by name: the first `MOST` of them."""

    group: GroupView
    people: list[PersonRef]


async def roster(ctx: ReadContext, group_id: UUID) -> Roster:
    """Raises `NotFound`."""
    ctx.require(decide(SpacePermission.MANAGE_GROUPS, ctx.actor))
    group = await ctx.reader.first(queries.GROUP, group_id=group_id)
    if group is None:
        raise NotFound
    rows = await ctx.reader.all(queries.MEMBERS, group_id=group_id, limit=MOST)
    return Roster(group_view(group), [PersonRef(row["id"], row["name"]) for row in rows])


async def people_named(ctx: ReadContext, words: str, *, outside: UUID) -> list[PersonRef]:
    """People with an account whose name contains `words`, and who are not in the group `outside`."""
    ctx.require(decide(SpacePermission.MANAGE_GROUPS, ctx.actor))
    words = clean_line(words)
    if not words:
        return []
    rows = await ctx.reader.all(queries.PEOPLE_NAMED, words=words, group_id=outside, limit=25)
    return [PersonRef(row["id"], row["name"]) for row in rows]
