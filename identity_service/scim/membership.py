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
    """Who joined has the group's role, and who left has it no more, unless another group gives it."""
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
        await _give(visit, group.role, joined, by=by)
        await _take(visit, group.role, left, by=by)


async def give_role(visit: Visit, group: Group, role: str | None, *, by: str) -> None:
    """From now on whoever is in the group has `role`, and not the one before, unless another group gives
    it."""
    before, group.role = group.role, role
    await visit.session.flush()
    members = await everybody(visit, group)
    if before is not None and before != role:
        await _take(visit, before, members, by=by)
    if role is not None:
        await _give(visit, role, members, by=by)


async def _give(visit: Visit, role: str, accounts: Iterable[Account], *, by: str) -> None:
    for account in accounts:
        await lifecycle.change(visit, account, by=by, roles={*account.roles, role})


async def _take(visit: Visit, role: str, accounts: Iterable[Account], *, by: str) -> None:
    for account in accounts:
        if role not in await queries.roles_by_groups(visit.session, account.id):
            await lifecycle.change(visit, account, by=by, roles=set(account.roles) - {role})
