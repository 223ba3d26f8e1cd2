"""The section `roles`."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from identity_service.configuration.changes import Act, Change, differences
from identity_service.configuration.errors import KeptElsewhere
from identity_service.configuration.schemas import AppliedRole
from identity_service.roles import service
from identity_service.roles.models import Role
from identity_service.visit import Visit


async def plan(visit: Visit, wanted: Sequence[AppliedRole]) -> list[Change]:
    """Raises KeptElsewhere for a role the services know by name, or one that somebody has or is to get."""
    changes = [await _change(visit, role) for role in wanted]
    return [change for change in changes if change is not None]


async def _change(visit: Visit, wanted: AppliedRole) -> Change | None:
    present = await visit.session.get(Role, wanted.name)
    what = f"role {wanted.name}"
    if present is not None and present.is_builtin:
        raise KeptElsewhere(f"The role {wanted.name} belongs to the services and stays as it is.")
    if wanted.state == "absent":
        if present is None:
            return None
        await _require_unused(visit, wanted.name)
        return Change("-", what, (), _remove(wanted.name))
    values = {"realm": wanted.realm, "title": wanted.title}
    before = {"realm": present.realm, "title": present.title} if present is not None else {}
    fields = differences(before, values)
    return Change("~" if present else "+", what, fields, _keep(wanted.name, values)) if fields else None


async def _require_unused(visit: Visit, name: str) -> None:
    if said := await service.still_used(visit, name):
        raise KeptElsewhere(f"The role {name} cannot go. {said}")


def _keep(name: str, values: dict[str, Any]) -> Act:
    async def act(visit: Visit) -> Sequence[str]:
        await visit.session.merge(Role(name=name, is_builtin=False, **values))
        await visit.session.flush()
        return []

    return act


def _remove(name: str) -> Act:
    async def act(visit: Visit) -> Sequence[str]:
        role = await visit.session.get(Role, name)
        if role is not None:
            await visit.session.delete(role)
        return []

    return act


async def export(visit: Visit) -> list[dict[str, Any]]:
    """Every role but the services' own."""
    found = await visit.session.scalars(select(Role).where(Role.is_builtin.is_(False)).order_by(Role.name))
    return [{"name": role.name, "realm": role.realm, "title": role.title} for role in found]
