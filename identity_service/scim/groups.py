"""What a directory does to groups."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from scim2_models import InvalidValueException, NotFoundException, PatchOp, TooManyException

from identity_service.audit import service as audit
from identity_service.protocol.resources import provisioning
from identity_service.roles import service as roles
from identity_service.scim import membership, queries, views
from identity_service.scim.models import Group
from identity_service.scim.resources import POLICY
from identity_service.scim.resources import Group as GroupResource
from identity_service.scim.tokens import Directory
from identity_service.scim.users import as_id, changed_fields, require_match
from identity_service.scim.views import Shown
from identity_service.visit import Visit
from shared.kernel.errors import NotFound
from shared.kernel.ids import new_id

MOST_MEMBERS: Final = 10_000


@dataclass(slots=True)
class Groups:
    """The use cases of one request."""

    visit: Visit
    directory: Directory

    @property
    def base(self) -> str:
        return provisioning(self.visit.settings)

    async def one(self, resource_id: str) -> Shown:
        return await self._show(await self._row(resource_id))

    async def create(self, wanted: GroupResource) -> Shown:
        visit = self.visit
        group = Group(id=new_id(), created_at=visit.now, updated_at=visit.now, is_provisioned=True)
        self._describe(group, wanted)
        if group.display_name_key in visit.settings.scim_roles:
            group.role = group.display_name_key
        visit.session.add(group)
        await visit.session.flush()
        self._record("scim.group_created", group)
        await self._set_members(group, set(), _member_ids(wanted))
        return await self._show(group)

    async def replace(self, resource_id: str, wanted: GroupResource, if_match: str | None) -> Shown:
        group = await self._row(resource_id, lock=True)
        before = await self._show(group)
        require_match(before, if_match)
        return await self._become(group, before, wanted)

    async def patch(
        self, resource_id: str, operations: PatchOp[GroupResource], if_match: str | None
    ) -> Shown:
        group = await self._row(resource_id, lock=True)
        before = await self._show(group)
        require_match(before, if_match)
        wanted = before.resource.model_copy(deep=True)
        assert isinstance(wanted, GroupResource)
        if not operations.patch(wanted, scim_policy=POLICY):
            return before
        return await self._become(group, before, wanted)

    async def delete(self, resource_id: str, if_match: str | None) -> None:
        """Whoever was in it loses the role that it gave."""
        group = await self._row(resource_id, lock=True)
        before = await self._show(group)
        require_match(before, if_match)
        await self._set_members(group, _member_ids(before.resource), set())
        await self.visit.session.delete(group)
        self._record("scim.group_deleted", group)

    async def _row(self, resource_id: str, *, lock: bool = False) -> Group:
        group = await queries.group(self.visit.session, as_id(resource_id), lock=lock)
        if group is None:
            raise NotFoundException(detail="There is no such group")
        return group

    async def _show(self, group: Group) -> Shown:
        await self.visit.session.flush()
        rows = await queries.members(self.visit.session, [group.id])
        return views.group_resource(group, [row.account_id for row in rows], self.base)

    async def _become(self, group: Group, before: Shown, wanted: GroupResource) -> Shown:
        self._describe(group, wanted)
        group.updated_at = self.visit.now
        self._record("scim.group_changed", group, fields=changed_fields(before.resource, wanted))
        await self._set_members(group, _member_ids(before.resource), _member_ids(wanted))
        return await self._show(group)

    def _describe(self, group: Group, wanted: GroupResource) -> None:
        group.display_name = wanted.display_name or ""
        group.display_name_key = group.display_name.lower()
        group.external_id = wanted.external_id

    async def _set_members(self, group: Group, before: set[str], after: set[str]) -> None:
        if len(after) > MOST_MEMBERS:
            raise TooManyException(detail=f"A group has {MOST_MEMBERS} members at most")
        joined = await self._accounts(after - before)
        left = await self._accounts(before - after)
        await membership.change(self.visit, group, joined=joined, left=left, by=self.directory.name)

    async def _accounts(self, ids: set[str]) -> list[Any]:
        """Raises InvalidValueException when one is not there."""
        wanted = [_member_id(text) for text in ids]
        found = await queries.accounts_among(self.visit.session, wanted)
        if len(found) != len(wanted):
            raise InvalidValueException(detail="members.value: there is no such user")
        return list(found)

    def _record(self, event: str, group: Group, **details: Any) -> None:
        audit.record(
            self.visit.session,
            event,
            at=self.visit.now,
            address=self.visit.address,
            by=self.directory.name,
            group=str(group.id),
            **details,
        )


def _member_ids(resource: Any) -> set[str]:
    return {member.value for member in resource.members or [] if member.value}


def _member_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidValueException(detail="members.value: there is no such user") from None


async def map_role(visit: Visit, name: str, role: str) -> int:
    """From now on whoever is in a group of this name has the role. Returns how many groups there are.

    Raises NotFound, UnknownRole.
    """
    await roles.known(visit, queries.REALM, [role])
    found = await queries.groups_named(visit.session, name.lower())
    if not found:
        raise NotFound(f"There is no group {name!r}.")
    for group in found:
        await membership.give_role(visit, group, role, by="operator")
        audit.record(
            visit.session,
            "scim.group_mapped",
            at=visit.now,
            address=visit.address,
            group=str(group.id),
            role=role,
        )
    return len(found)
