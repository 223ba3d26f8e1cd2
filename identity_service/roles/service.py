"""Reading roles, and checking those that somebody is given."""

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import select

from identity_service.roles.errors import UnknownRole
from identity_service.roles.models import Role
from identity_service.visit import Visit
from shared.kernel.errors import FieldError

ADMIN: Final = "admin"
"""The built-in role of those who look after accounts, clients and policies."""


async def all_roles(visit: Visit) -> Sequence[Role]:
    """Every role, by name."""
    return (await visit.session.scalars(select(Role).order_by(Role.name))).all()


async def known(visit: Visit, realm: str, names: Iterable[str], *, field: str = "roles") -> list[str]:
    """The same names, each once, in order. Raises UnknownRole, about `field`, for what people of `realm`
    cannot have."""
    wanted = sorted(set(names))
    found = set(
        await visit.session.scalars(select(Role.name).where(Role.name.in_(wanted), Role.realm == realm))
    )
    missing = [name for name in wanted if name not in found]
    if missing:
        said = f"There is no role {missing[0]!r} for people of the realm {realm}."
        raise UnknownRole(said, fields=(FieldError(f"/{field}", UnknownRole.code, said),))
    return wanted
