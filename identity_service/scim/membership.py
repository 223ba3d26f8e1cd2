"""Who is in a group, and the role that follows from it; whoever it is that keeps the group."""

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import delete

from identity_service.accounts.models import Account
from identity_service.lifecycle import service as lifecycle
from identity_service.scim import queries
from identity_service.scim.models import Group, GroupMember
from identity_service.visit import Visit

REALM: Final = queries.REALM
"""Groups are of its people alone."""


async def everybody(visit: Visit, group: Group) -> Sequence[Account]:
    """Who is in a group, by name."""
    return await queries.members_of(visit.session, group.id)


async def named(visit: Visit, name: str) -> Sequence[Group]:
    """The groups of this name, in whatever letters. Directories may have two."""
    return await queries.groups_named(visit.session, name.lower())


async def change(
    visit: Visit, group: Group, *, joined: Iterable[Account], left: Iterable[Account], by: str
) -> None:
    """Who joined has the group's role, and who left has it from this group no more."""
    joined, left = list(joined), list(left)
    for account in joined:
        visit.session.add(GroupMember(group_id=group.id, account_id=account.id, joined_at=visit.now))
    await visit.session.flush()
    await visit.session.execute(
        delete(GroupMember).where(
            GroupMember.group_id == group.id, GroupMember.account_id.in_([account.id for account in left])
        )
    )
    if group.role is not None:
        await _follow(visit, [*joined, *left], by=by)


async def give_role(visit: Visit, group: Group, role: str | None, *, by: str) -> None:
    """From now on whoever is in the group has `role` from it, and not the one before."""
    if role != group.role:
        group.role = role
        await _follow(visit, await everybody(visit, group), by=by)


async def _follow(visit: Visit, accounts: Iterable[Account], *, by: str) -> None:
    """In one order, so that two who do this at once wait for each other."""
    for account in sorted(accounts, key=lambda one: one.id):
        await lifecycle.follow_roles(visit, account, by=by)
