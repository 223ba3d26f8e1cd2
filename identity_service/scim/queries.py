"""Every SELECT on people and groups as a directory sees them."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, any_, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from identity_service.accounts.models import Account
from identity_service.scim.fields import Field, Sql
from identity_service.scim.models import Group, GroupMember, ScimUser

REALM: Final = "staff"
_KEPT_THERE: Final = Group.is_provisioned.is_(True)


def user_groups() -> Any:
    """The groups of an account: `[{"value": id, "display": name}, …]`."""
    one = func.json_build_object("value", Group.id, "display", Group.display_name)
    return (
        select(func.coalesce(func.json_agg(one), func.json_build_array()))
        .select_from(GroupMember)
        .join(Group, Group.id == GroupMember.group_id)
        .where(GroupMember.account_id == Account.id, _KEPT_THERE)
        .correlate(Account)
        .scalar_subquery()
    )


_USER_KEY: Final[ColumnElement[str]] = func.coalesce(ScimUser.user_name_key, Account.email_key)
_USER_CHANGED: Final = func.greatest(Account.updated_at, ScimUser.updated_at)


def _visible(*columns: Any) -> Select[Any]:
    """Staff, but for whom the directory has deleted."""
    return (
        select(*columns)
        .select_from(Account)
        .outerjoin(ScimUser, ScimUser.account_id == Account.id)
        .where(Account.realm == REALM, ScimUser.hidden_at.is_(None))
    )


def _said(*path: str) -> Field:
    """A simple attribute that only the directory's own description has."""
    return Field("text", func.lower(ScimUser.document[path].astext))


ENTERPRISE: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
_SIMPLE: Final = ("nickName", "title", "userType", "preferredLanguage", "locale", "timezone")
_COMPANY: Final = ("employeeNumber", "costCenter", "organization", "division", "department")
USER_FIELDS: Final = {
    "username": Field("text", _USER_KEY),
    "externalid": Field("text", ScimUser.external_id),
    "id": Field("id", Account.id),
    "active": Field("flag", Account.deactivated_at.is_(None)),
    "meta.created": Field("time", Account.created_at),
    "meta.lastmodified": Field("time", _USER_CHANGED),
    **{name.lower(): _said(name) for name in _SIMPLE},
    **{f"{ENTERPRISE}:{name}".lower(): _said(ENTERPRISE, name) for name in _COMPANY},
}
GROUP_FIELDS: Final = {
    "displayname": Field("text", Group.display_name_key),
    "externalid": Field("text", Group.external_id),
    "id": Field("id", Group.id),
    "members": Field("member", Group.id),
    "members.value": Field("member", Group.id),
    "meta.created": Field("time", Group.created_at),
    "meta.lastmodified": Field("time", Group.updated_at),
}


def users() -> Select[Any]:
    """Account, description and groups of each."""
    return _visible(Account, ScimUser, user_groups().label("groups"))


def user_count() -> Select[Any]:
    return _visible(func.count())


async def user(session: AsyncSession, account_id: UUID, *, lock: bool = False) -> Any | None:
    """One row of `users`; with `lock` it stays as it is until the transaction ends."""
    statement = users().where(Account.id == account_id)
    if lock:
        statement = statement.with_for_update(of=Account)
    return (await session.execute(statement)).one_or_none()


async def is_taken(session: AsyncSession, *, user_key: str, email_key: str, but: UUID | None) -> bool:
    """Whether another visible account goes by this name or has this address."""
    same: Sql = or_(_USER_KEY.in_([user_key]), Account.email_key == email_key)
    statement = select(literal(1)).select_from(Account).outerjoin(ScimUser, ScimUser.account_id == Account.id)
    statement = statement.where(Account.realm == REALM, same)
    if but is not None:
        statement = statement.where(Account.id != but)
    return (await session.execute(statement.limit(1))).first() is not None


async def accounts_among(session: AsyncSession, ids: Sequence[UUID]) -> Sequence[Account]:
    """Those of the accounts that a directory may see."""
    return (await session.scalars(_visible(Account).where(Account.id == any_(literal(list(ids)))))).all()


def groups() -> Select[Any]:
    """Those that directories keep: they see no others."""
    return select(Group).where(_KEPT_THERE)


def group_count() -> Select[Any]:
    return select(func.count()).select_from(Group).where(_KEPT_THERE)


async def group(session: AsyncSession, group_id: UUID, *, lock: bool = False) -> Group | None:
    statement = groups().where(Group.id == group_id)
    found: Group | None = await session.scalar(statement.with_for_update() if lock else statement)
    return found


async def groups_named(session: AsyncSession, key: str) -> Sequence[Group]:
    return (await session.scalars(select(Group).where(Group.display_name_key == key))).all()


async def members(session: AsyncSession, group_ids: Sequence[UUID]) -> Sequence[Any]:
    """`group_id` and `account_id` of the members of some groups, in one statement."""
    statement = (
        _visible(GroupMember.group_id, GroupMember.account_id)
        .join(GroupMember, GroupMember.account_id == Account.id)
        .where(GroupMember.group_id == any_(literal(list(group_ids))))
        .order_by(GroupMember.joined_at, GroupMember.account_id)
    )
    found: Sequence[Any] = (await session.execute(statement)).all()
    return found


async def members_of(session: AsyncSession, group_id: UUID) -> Sequence[Account]:
    """Everybody in a group, by name, whoever keeps it."""
    statement = select(Account).join(GroupMember, GroupMember.account_id == Account.id)
    statement = statement.where(GroupMember.group_id == group_id).order_by(Account.name, Account.id)
    return (await session.scalars(statement)).all()


async def roles_by_directories(session: AsyncSession, account_id: UUID) -> set[str]:
    """The roles that somebody has from groups that directories keep."""
    statement = (
        select(Group.role)
        .join(GroupMember, GroupMember.group_id == Group.id)
        .where(GroupMember.account_id == account_id, Group.role.is_not(None), _KEPT_THERE)
    )
    return {role for role in await session.scalars(statement) if role}
