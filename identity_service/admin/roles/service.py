"""What administrators do with roles."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from identity_service.admin.access import Admin
from identity_service.admin.errors import AlreadyThere, StillUsed
from identity_service.audit import service as audit
from identity_service.roles import service as roles
from identity_service.roles.models import Role
from shared.kernel.errors import NotFound
from shared.web.fields import Name


@dataclass(frozen=True, slots=True)
class RoleView:
    """A name that tokens carry for people of one realm; the services know those that are built in."""

    name: str
    realm: str
    title: str
    is_builtin: bool


@dataclass(frozen=True, slots=True)
class RoleList:
    """All roles."""

    data: list[RoleView]
    next_cursor: str | None = None


class RoleCreate(BaseModel):
    """A role for services of your own."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(pattern="^[a-z][a-z0-9_]{1,49}$")]
    realm: Literal["staff", "customer"]
    title: Name


async def all_roles(admin: Admin) -> list[RoleView]:
    found = await roles.all_roles(admin.visit)
    return [RoleView(role.name, role.realm, role.title, role.is_builtin) for role in found]


async def create(admin: Admin, wanted: RoleCreate) -> RoleView:
    """Raises AlreadyThere."""
    session = admin.visit.session
    if await session.get(Role, wanted.name) is not None:
        raise AlreadyThere
    session.add(Role(name=wanted.name, realm=wanted.realm, title=wanted.title, is_builtin=False))
    await session.flush()
    _record(admin, "role.created", wanted.name)
    return RoleView(wanted.name, wanted.realm, wanted.title, is_builtin=False)


async def remove(admin: Admin, name: str) -> None:
    """Raises NotFound; StillUsed for one that somebody has or is to get, or that is built in."""
    session = admin.visit.session
    role = await session.get(Role, name, with_for_update=True)
    if role is None:
        raise NotFound
    if role.is_builtin:
        raise StillUsed("The services know this role by name.")
    if said := await roles.still_used(admin.visit, name):
        raise StillUsed(said)
    await session.delete(role)
    await session.flush()
    _record(admin, "role.removed", name)


def _record(admin: Admin, event: str, name: str) -> None:
    audit.record(
        admin.visit.session, event, at=admin.visit.now, address=admin.visit.address, by=admin.by, role=name
    )
