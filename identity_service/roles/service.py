"""Reading roles, checking those that somebody is given, and who gives them."""

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from identity_service.accounts.models import Account, Invitation
from identity_service.roles import queries
from identity_service.roles.errors import UnknownRole
from identity_service.roles.models import Role
from identity_service.scim.models import Group
from identity_service.upstreams.models import Upstream
from identity_service.visit import Visit
from shared.kernel.errors import FieldError

ADMIN: Final = "admin"
"""The built-in role of those who look after accounts, clients and policies."""


async def all_roles(visit: Visit) -> Sequence[Role]:
    """Every role, by name."""
    return (await visit.session.scalars(select(Role).order_by(Role.name))).all()


async def still_used(visit: Visit, name: str) -> str:
    """Who has a role or is to get it, so that it cannot go, in one sentence; nothing when nobody."""
    session = visit.session
    if await session.scalar(select(exists().where(Account.roles.contains([name])))):
        return "Somebody has this role. Take it away from them first."
    if await session.scalar(select(exists().where(Group.role == name))):
        return "A group gives this role. Let it give another, or none."
    provider = await session.scalar(
        select(Upstream.title).where(Upstream.role_rules.contains([{"role": name}]))
    )
    if provider is not None:
        return f"The provider {provider} gives this role. Take it out of its rules first."
    invited = exists().where(Invitation.roles.contains([name]), Invitation.expires_at > visit.now)
    if await session.scalar(select(invited)):
        return "Somebody is invited to have this role. Take the invitation back first."
    return ""


async def settle(session: AsyncSession, account: Account, *, given: Iterable[str] | None = None) -> bool:
    """Let an account have the roles given by hand (those of `given`, or as before), those of its groups and
    those of its providers, whoever changes one of these meanwhile. Returns whether anything changed."""
    await session.flush()
    await session.refresh(account, ["roles", "given_roles"], with_for_update=True)
    before = (account.given_roles, account.roles)
    if given is not None:
        account.given_roles = sorted(set(given))
    others = await session.scalars(queries.given_by_others(account.id))
    account.roles = sorted({*account.given_roles, *others})
    return before != (account.given_roles, account.roles)


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
