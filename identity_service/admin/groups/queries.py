"""Every SELECT on groups for administrators."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_

from identity_service.accounts.models import Account
from identity_service.admin.groups.schemas import GroupsAsked
from identity_service.scim.models import Group, GroupMember
from shared.web.asked import PageAsked

_PEOPLE: Final = (
    select(func.count()).where(GroupMember.group_id == Group.id).scalar_subquery().label("people")
)
_GROUP: Final[tuple[Any, ...]] = (
    Group.id,
    Group.display_name.label("name"),
    Group.role,
    Group.is_provisioned,
    _PEOPLE,
    Group.created_at,
    Group.updated_at,
)
_MEMBER: Final[tuple[Any, ...]] = (Account.id, Account.name, Account.email, GroupMember.joined_at)


def found(asked: GroupsAsked, after: tuple[Any, ...] | None) -> Select[Any]:
    """Groups that fit, by name; one more than wanted."""
    statement = select(*_GROUP).order_by(Group.display_name_key, Group.id).limit(asked.limit + 1)
    if asked.q.strip():
        statement = statement.where(Group.display_name_key.contains(asked.q.strip().lower(), autoescape=True))
    if after is not None:
        statement = statement.where(tuple_(Group.display_name_key, Group.id) > tuple_(*after))
    return statement


def one(group_id: UUID) -> Select[Any]:
    return select(*_GROUP).where(Group.id == group_id)


def members(group_id: UUID, asked: PageAsked, after: tuple[Any, ...] | None) -> Select[Any]:
    """People in a group, by name; one more than wanted."""
    statement = (
        select(*_MEMBER)
        .join(GroupMember, GroupMember.account_id == Account.id)
        .where(GroupMember.group_id == group_id)
        .order_by(Account.name, Account.id)
        .limit(asked.limit + 1)
    )
    if after is not None:
        statement = statement.where(tuple_(Account.name, Account.id) > tuple_(*after))
    return statement
