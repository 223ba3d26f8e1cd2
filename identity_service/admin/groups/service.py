"""What administrators do with groups. All of them are of colleagues: customers belong to organisations."""

from typing import Any, Final
from uuid import UUID

from identity_service.accounts import service as accounts
from identity_service.accounts.models import Account
from identity_service.admin import paging
from identity_service.admin.access import Admin
from identity_service.admin.errors import AlreadyThere, KeptByDirectory, Yourself
from identity_service.admin.groups import queries
from identity_service.admin.groups.schemas import (
    GroupChange,
    GroupCreate,
    GroupsAsked,
    GroupView,
    MemberView,
)
from identity_service.admin.people.service import confirm
from identity_service.audit import service as audit
from identity_service.roles import service as roles
from identity_service.roles.service import ADMIN
from identity_service.scim import membership
from identity_service.scim.models import Group, GroupMember
from shared.kernel.errors import NotFound, invalid_field
from shared.kernel.ids import new_id
from shared.web.asked import PageAsked

REALM: Final = membership.REALM
_LIST: Final = "groups"


async def found(admin: Admin, asked: GroupsAsked) -> tuple[list[GroupView], str | None]:
    """A page of groups, and the cursor of the next."""
    after = paging.start(admin, asked, name=_LIST)
    result = await admin.visit.session.execute(queries.found(asked, after))
    rows = [GroupView(**row) for row in result.mappings()]
    return paging.cut(admin, asked, rows, lambda row: (row.name.lower(), row.id), name=_LIST)


async def group(admin: Admin, group_id: UUID) -> Group:
    """The group, held until the transaction ends. Raises NotFound."""
    row = await admin.visit.session.get(Group, group_id, with_for_update=True)
    if row is None:
        raise NotFound
    return row


async def view(admin: Admin, group_id: UUID) -> GroupView:
    """Raises NotFound."""
    result = await admin.visit.session.execute(queries.one(group_id))
    row = result.mappings().one_or_none()
    if row is None:
        raise NotFound
    return GroupView(**row)


async def members(admin: Admin, group_id: UUID, asked: PageAsked) -> tuple[list[MemberView], str | None]:
    """A page of the people in a group, and the cursor of the next."""
    name = f"{_LIST}/{group_id}"
    after = paging.start(admin, asked, name=name)
    result = await admin.visit.session.execute(queries.members(group_id, asked, after))
    rows = [MemberView(**row) for row in result.mappings()]
    return paging.cut(admin, asked, rows, lambda row: (row.name, row.id), name=name)


async def create(admin: Admin, wanted: GroupCreate) -> Group:
    """Raises AlreadyThere, UnknownRole."""
    await _require_free(admin, wanted.name)
    now = admin.visit.now
    row = Group(id=new_id(), role=await _role(admin, wanted.role), created_at=now, updated_at=now)
    row.is_provisioned = False
    _name(row, wanted.name)
    admin.visit.session.add(row)
    await admin.visit.session.flush()
    _record(admin, "group.created", row, role=row.role)
    return row


async def change(admin: Admin, row: Group, wanted: GroupChange) -> None:
    """Raises AlreadyThere, UnknownRole; KeptByDirectory for another name of a group that a directory keeps;
    Yourself when the administrator would be none any more."""
    fields = []
    if wanted.name is not None and wanted.name != row.display_name:
        _ours(row)
        if wanted.name.lower() != row.display_name_key:
            await _require_free(admin, wanted.name)
        _name(row, wanted.name)
        fields.append("name")
    if "role" in wanted.model_fields_set and wanted.role != row.role:
        await membership.give_role(admin.visit, row, await _role(admin, wanted.role), by=admin.by)
        fields.append("role")
    if fields:
        row.updated_at = admin.visit.now
        await admin.visit.session.flush()
        _record(admin, "group.changed", row, fields=fields, role=row.role)
    _still_admin(admin)


async def add(admin: Admin, row: Group, account: Account) -> None:
    """A second time changes nothing. Raises KeptByDirectory, Invalid for a customer."""
    _ours(row)
    if account.realm != REALM:
        raise invalid_field("/account_id", "admin.not_a_colleague", "Groups are of colleagues.")
    if await admin.visit.session.get(GroupMember, (row.id, account.id)) is None:
        await membership.change(admin.visit, row, joined=[account], left=[], by=admin.by)
        row.updated_at = admin.visit.now
        _record(admin, "group.joined", row, account_id=account.id)


async def colleague(admin: Admin, email: str) -> Account:
    """Raises BadEmail, Invalid when nobody has this address."""
    account = await accounts.by_address(admin.visit, realm=REALM, email=email)
    if account is None:
        raise invalid_field("/email", "admin.no_colleague", "No colleague has this address.")
    return account


async def drop(admin: Admin, row: Group, account_id: UUID) -> None:
    """Raises KeptByDirectory; NotFound for who is not in it; Yourself when the administrator would be none
    any more."""
    _ours(row)
    session = admin.visit.session
    account = await session.get(Account, account_id)
    if account is None or await session.get(GroupMember, (row.id, account_id)) is None:
        raise NotFound
    await membership.change(admin.visit, row, joined=[], left=[account], by=admin.by)
    row.updated_at = admin.visit.now
    _record(admin, "group.left", row, account_id=account_id)
    _still_admin(admin)


async def remove(admin: Admin, row: Group, *, name: str) -> None:
    """Whoever was in it loses the role that it gave. Raises KeptByDirectory; NotConfirmed unless `name` is
    its name; Yourself when the administrator would be none any more."""
    _ours(row)
    confirm(name, row.display_name)
    everybody = await membership.everybody(admin.visit, row)
    await membership.change(admin.visit, row, joined=[], left=everybody, by=admin.by)
    _still_admin(admin)
    _record(admin, "group.removed", row)
    await admin.visit.session.delete(row)
    await admin.visit.session.flush()


def _name(row: Group, name: str) -> None:
    row.display_name, row.display_name_key = name, name.lower()


async def _role(admin: Admin, role: str | None) -> str | None:
    """Raises UnknownRole."""
    return (await roles.known(admin.visit, REALM, [role], field="role"))[0] if role else None


async def _require_free(admin: Admin, name: str) -> None:
    """Directories may have two groups of one name; here each is found by its own. Raises AlreadyThere."""
    if await membership.named(admin.visit, name):
        raise AlreadyThere


def _ours(row: Group) -> None:
    if row.is_provisioned:
        raise KeptByDirectory


def _still_admin(admin: Admin) -> None:
    """Nobody shuts themselves out by the way."""
    if ADMIN not in admin.account.roles:
        raise Yourself


def _record(admin: Admin, event: str, row: Group, **details: Any) -> None:
    audit.record(
        admin.visit.session,
        event,
        at=admin.visit.now,
        address=admin.visit.address,
        by=admin.by,
        group=str(row.id),
        **details,
    )
