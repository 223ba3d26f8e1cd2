"""Who will read it, in words, from the grants themselves."""

from typing import Any

from sqlalchemy import Label, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from shared.kernel.actor import ANYONE, MEMBERS
from shared.tools.spaces.models import Group, GroupMember, Space, SpaceGrant

EVERYONE = "Everyone on the internet"
"""The name of the group `ANYONE`, from the first migration on."""


def scope_of(words: str) -> str:
    """`open` for what the whole world can read, else `group`: which drawing stands before the words."""
    return "open" if words.startswith(EVERYONE) else "group"


def audience_column() -> Label[Any]:
    """`[[group id, name, role, number of members], …]` of the surrounding row's space, as JSON."""
    members = (
        select(func.count())
        .select_from(GroupMember)
        .where(GroupMember.group_id == Group.id)
        .correlate(Group)
        .scalar_subquery()
    )
    entry = func.jsonb_build_array(Group.id, Group.name, Group.role, members)
    return (
        select(func.jsonb_agg(aggregate_order_by(entry, Group.name)))
        .select_from(SpaceGrant)
        .join(Group, Group.id == SpaceGrant.group_id)
        .where(SpaceGrant.space_id == Space.id)
        .correlate(Space)
        .scalar_subquery()
        .label("audience")
    )


def in_words(groups: list[list[Any]] | None) -> str:
    """`Everyone on the internet`, `All members`, `Pilots (14) and Community managers`."""
    by_id = {str(g[0]): g for g in groups or []}
    for everybody in (ANYONE, MEMBERS):
        if str(everybody) in by_id:
            return str(by_id[str(everybody)][1])
    named = [f"{name} ({count})" if role is None else str(name) for _, name, role, count in by_id.values()]
    return " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named) or "Nobody"
