"""Who gives roles."""

from uuid import UUID

from sqlalchemy import CompoundSelect, func, select, union

from identity_service.scim.models import Group, GroupMember
from identity_service.upstreams.models import UpstreamIdentity


def given_by_others(account_id: UUID) -> CompoundSelect[tuple[str]]:
    """The roles that somebody has from groups and from providers upstream."""
    return union(
        select(Group.role)
        .join(GroupMember, GroupMember.group_id == Group.id)
        .where(GroupMember.account_id == account_id, Group.role.is_not(None)),
        select(func.unnest(UpstreamIdentity.roles)).where(UpstreamIdentity.account_id == account_id),
    )
