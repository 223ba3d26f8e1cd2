"""Who would gain and who would lose sight of a space by other grants, before they are put."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from shared.db.context import ReadContext
from shared.kernel.actor import ANYONE, MEMBERS
from shared.tools.people.schemas import PersonRef
from shared.tools.spaces import audience, queries
from shared.tools.spaces.permissions import SpacePermission, decide
from shared.tools.spaces.schemas import GrantChange, GrantsPreview, GrantsPut, LevelName, SightChange
from shared.tools.spaces.service import (
    LEVEL_NAMES,
    LEVELS,
    SpacesPolicy,
    grants,
    levels_of,
    unknown_group,
    visible_space_by_id,
)

NAMED: Final = 20
"""People named on each side; the others are counted."""


async def preview(ctx: ReadContext, policy: SpacesPolicy, space_id: UUID, wanted: GrantsPut) -> GrantsPreview:
    """What `put_grants` would do, refused as it would be. Six statements at most, however many people."""
    before = {grant.group: grant.level for grant in await grants(ctx, space_id)}
    space = await visible_space_by_id(ctx, space_id)
    after = {group: LEVEL_NAMES[level] for group, level in levels_of(wanted, policy).items()}
    rows = await ctx.reader.all(queries.GROUPS_OF_IDS, ids=list({*before, *after}))
    names = {row["id"]: row["name"] for row in rows}
    if not after.keys() <= names.keys():
        raise unknown_group()
    listed = [[r["id"], r["name"], r["role"], r["members"]] for r in rows if r["id"] in after]
    return GrantsPreview(
        version=space.version,
        audience_before=space.audience,
        audience_after=audience.in_words(listed),
        gain=await _only_now(ctx, now=after.keys(), then=before.keys()),
        lose=await _only_now(ctx, now=before.keys(), then=after.keys()),
        changes=_changes(before, after, names),
    )


def _changes(
    before: dict[UUID, LevelName], after: dict[UUID, LevelName], names: dict[UUID, str]
) -> list[GrantChange]:
    """The groups that may do something else than before, the highest first."""
    changed = [
        GrantChange(group, name, before.get(group), after.get(group))
        for group, name in names.items()
        if before.get(group) != after.get(group)
    ]
    return sorted(changed, key=lambda change: -LEVELS[change.after] if change.after else 0)


async def _only_now(ctx: ReadContext, *, now: Iterable[UUID], then: Iterable[UUID]) -> SightChange:
    """Who sees by these groups and did not by those. Who loses is found with the two exchanged."""
    now, then = set(now), set(then)
    everybody = bool(now & {ANYONE, MEMBERS})
    everybody_then = bool(then & {ANYONE, MEMBERS})
    change = SightChange(
        guests=ANYONE in now and ANYONE not in then,
        newcomers=everybody and not everybody_then,
        people=0,
        names=[],
    )
    if everybody_then or now <= then:
        return change
    rows = await ctx.reader.all(
        queries.SEE_ONLY_NOW,
        now_groups=list(now),
        now_everybody=everybody,
        then_groups=list(then),
        then_everybody=everybody_then,
        limit=NAMED,
    )
    if rows:
        change.people = rows[0]["total"]
    if decide(SpacePermission.MANAGE_GROUPS, ctx.actor):
        change.names = [PersonRef(row["id"], row["name"]) for row in rows]
    return change
