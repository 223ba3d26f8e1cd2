"""Every SELECT on organisations. Each starts from one organisation: nobody sees another's people."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from identity_service.accounts.models import Account, Organisation, OrganisationDomain


async def people(session: AsyncSession, organisation_id: UUID) -> Sequence[Account]:
    """Its people, by name: the first thousand."""
    statement = (
        select(Account)
        .where(Account.organisation_id == organisation_id, Account.realm == "customer")
        .order_by(Account.name, Account.id)
        .limit(1000)
    )
    return (await session.scalars(statement)).all()


async def person(session: AsyncSession, organisation_id: UUID, account_id: UUID) -> Account | None:
    """One of its people, locked."""
    found: Account | None = await session.scalar(
        select(Account)
        .where(
            Account.id == account_id,
            Account.organisation_id == organisation_id,
            Account.realm == "customer",
        )
        .with_for_update()
    )
    return found


async def domains(session: AsyncSession, organisation_id: UUID) -> Sequence[OrganisationDomain]:
    statement = (
        select(OrganisationDomain)
        .where(OrganisationDomain.organisation_id == organisation_id)
        .order_by(OrganisationDomain.domain)
    )
    return (await session.scalars(statement)).all()


async def domain_of(session: AsyncSession, organisation_id: UUID, domain: str) -> OrganisationDomain | None:
    found: OrganisationDomain | None = await session.scalar(
        select(OrganisationDomain).where(
            OrganisationDomain.organisation_id == organisation_id, OrganisationDomain.domain == domain
        )
    )
    return found


async def proved(session: AsyncSession, domain: str) -> OrganisationDomain | None:
    """Whoever proved that the domain is theirs."""
    found: OrganisationDomain | None = await session.scalar(
        select(OrganisationDomain).where(
            OrganisationDomain.domain == domain, OrganisationDomain.verified_at.is_not(None)
        )
    )
    return found


async def by_name(session: AsyncSession, name: str) -> Organisation | None:
    found: Organisation | None = await session.scalar(select(Organisation).where(Organisation.name == name))
    return found
