"""Changing what there is: a space's name, purpose, place and kinds, archiving it; groups' names and end."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from shared.db.context import Context, ReadContext
from shared.kernel.errors import Conflict, NotFound, Stale
from shared.kernel.text import clean_line, clean_text
from shared.tools.spaces import queries
from shared.tools.spaces.groups import BUILT_IN
from shared.tools.spaces.models import Group, Space
from shared.tools.spaces.permissions import SpacePermission, decide
from shared.tools.spaces.schemas import GroupPatch, GroupView, SpacePatch, SpaceRef, SpaceView
from shared.tools.spaces.service import LEVELS, SpacesPolicy, group_view, require_kinds, visible_space_by_id


class GroupKept(Conflict):
    code = "spaces.group_kept"
    title = "The community keeps this group itself"


class GroupInUse(Conflict):
    code = "spaces.group_in_use"
    title = "This group may still do something in a space"


async def group(ctx: ReadContext, group_id: UUID) -> GroupView:
    """Raises `NotFound`."""
    ctx.require(decide(SpacePermission.MANAGE_GROUPS, ctx.actor))
    row = await ctx.reader.first(queries.GROUP, group_id=group_id)
    if row is None:
        raise NotFound
    return group_view(row)


async def spaces_of_group(ctx: ReadContext, group_id: UUID) -> list[SpaceRef]:
    """Where it is granted something."""
    ctx.require(decide(SpacePermission.MANAGE_GROUPS, ctx.actor))
    rows = await ctx.reader.all(queries.SPACES_OF_GROUP, group_id=group_id)
    return [SpaceRef(row["id"], row["slug"], row["name"]) for row in rows]


async def edit_space(
    ctx: Context, policy: SpacesPolicy, space_id: UUID, wanted: SpacePatch, *, version: int
) -> SpaceView:
    """Raises `Stale` when the space changed since `version`, `Invalid` for a kind that is not here."""
    space = await visible_space_by_id(ctx, space_id)
    ctx.require(decide(SpacePermission.EDIT, ctx.actor, level=LEVELS[space.level]))
    changed = await ctx.session.execute(
        update(Space)
        .where(Space.id == space_id, Space.version == version)
        .values(version=Space.version + 1, **_columns(ctx, policy, space, wanted))
        .returning(Space.id)
    )
    if changed.first() is None:
        raise Stale(data={"current_version": space.version})
    return await visible_space_by_id(ctx, space_id)


def _columns(ctx: Context, policy: SpacesPolicy, space: SpaceView, wanted: SpacePatch) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if wanted.name is not None:
        columns["name"] = clean_line(wanted.name)
    if wanted.goal is not None:
        columns["goal"] = clean_text(wanted.goal)
    if wanted.kinds is not None:
        require_kinds(wanted.kinds, policy)
        columns["kinds"] = list(dict.fromkeys(wanted.kinds))
    if wanted.position is not None:
        columns["position"] = wanted.position
    if wanted.archived is not None:
        columns["archived_at"] = (space.archived_at or ctx.now()) if wanted.archived else None
    return columns


async def rename_group(ctx: Context, group_id: UUID, wanted: GroupPatch, *, version: int) -> GroupView:
    """Raises `Stale`, `GroupKept`."""
    found = await group(ctx, group_id)
    _require_own(found)
    changed = await ctx.session.execute(
        update(Group)
        .where(Group.id == group_id, Group.version == version)
        .values(version=Group.version + 1, name=clean_line(wanted.name))
        .returning(Group.id)
    )
    if changed.first() is None:
        raise Stale(data={"current_version": found.version})
    return await group(ctx, group_id)


async def remove_group(ctx: Context, group_id: UUID) -> None:
    """With its list of members. Raises `GroupInUse` while it is granted anything, `GroupKept`.

    The lock lets nobody grant it something meanwhile.
    """
    found = await group(ctx, group_id)
    _require_own(found)
    await ctx.session.execute(select(Group.id).where(Group.id == group_id).with_for_update())
    if used := await spaces_of_group(ctx, group_id):
        raise GroupInUse(f"Take its grants away first, in: {', '.join(space.name for space in used)}.")
    await ctx.session.execute(delete(Group).where(Group.id == group_id))


def _require_own(found: GroupView) -> None:
    if found.id in BUILT_IN or found.role is not None:
        raise GroupKept
