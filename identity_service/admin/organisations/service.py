"""What administrators do with organisations."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_

from identity_service.accounts import service as accounts
from identity_service.accounts.models import Account, Organisation
from identity_service.admin import paging
from identity_service.admin.access import Admin
from identity_service.admin.errors import AlreadyThere, StillUsed
from identity_service.admin.organisations.schemas import (
    OrganisationChange,
    OrganisationsAsked,
    OrganisationView,
)
from identity_service.admin.people.service import confirm
from identity_service.audit import service as audit
from identity_service.lifecycle import service as lifecycle
from shared.kernel.errors import NotFound
from shared.kernel.ids import new_id

_LIST: Final = "organisations"
_PEOPLE = (
    select(func.count()).where(Account.organisation_id == Organisation.id).scalar_subquery().label("people")
)


def _views() -> Select[Any]:
    return select(Organisation.id, Organisation.name, Organisation.is_partner, _PEOPLE)


async def organisations(admin: Admin, asked: OrganisationsAsked) -> tuple[list[OrganisationView], str | None]:
    """A page of organisations, and the cursor of the next."""
    statement = _views().order_by(Organisation.name, Organisation.id).limit(asked.limit + 1)
    if asked.q.strip():
        statement = statement.where(Organisation.name.icontains(asked.q.strip(), autoescape=True))
    after = paging.start(admin, asked, name=_LIST)
    if after is not None:
        statement = statement.where(tuple_(Organisation.name, Organisation.id) > tuple_(*after))
    result = await admin.visit.session.execute(statement)
    rows = [OrganisationView(**row) for row in result.mappings()]
    return paging.cut(admin, asked, rows, lambda row: (row.name, row.id), name=_LIST)


async def all_names(admin: Admin) -> list[tuple[str, str]]:
    """Id and name of each, for a form; the first thousand."""
    rows = await admin.visit.session.execute(
        select(Organisation.id, Organisation.name).order_by(Organisation.name).limit(1000)
    )
    return [(str(row.id), row.name) for row in rows]


async def organisation(admin: Admin, organisation_id: UUID) -> OrganisationView:
    """Raises NotFound."""
    result = await admin.visit.session.execute(_views().where(Organisation.id == organisation_id))
    row = result.mappings().one_or_none()
    if row is None:
        raise NotFound
    return OrganisationView(**row)


async def create(admin: Admin, wanted: OrganisationChange) -> OrganisationView:
    """Raises AlreadyThere."""
    if await accounts.organisation_named(admin.visit, wanted.name) is not None:
        raise AlreadyThere
    made = Organisation(id=new_id(), name=wanted.name, is_partner=wanted.is_partner)
    admin.visit.session.add(made)
    await admin.visit.session.flush()
    _record(admin, "organisation.created", made.id, is_partner=made.is_partner)
    return await organisation(admin, made.id)


async def change(admin: Admin, organisation_id: UUID, wanted: OrganisationChange) -> OrganisationView:
    """What tokens say of its people changes when it becomes a partner, or is one no more. Raises NotFound,
    AlreadyThere."""
    session = admin.visit.session
    found = await session.get(Organisation, organisation_id, with_for_update=True)
    if found is None:
        raise NotFound
    other = await accounts.organisation_named(admin.visit, wanted.name)
    if other is not None and other.id != found.id:
        raise AlreadyThere
    turned = found.is_partner != wanted.is_partner
    found.name, found.is_partner = wanted.name, wanted.is_partner
    await session.flush()
    _record(admin, "organisation.changed", found.id, is_partner=found.is_partner)
    if turned:
        for person in await session.scalars(select(Account).where(Account.organisation_id == found.id)):
            await lifecycle.announce_claims(admin.visit, person)
    return await organisation(admin, organisation_id)


async def remove(admin: Admin, organisation_id: UUID, *, name: str) -> None:
    """Delete one without people, with its domains and invitations. Raises NotFound, NotConfirmed,
    StillUsed."""
    view = await organisation(admin, organisation_id)
    confirm(name, view.name)
    if view.people:
        raise StillUsed(f"{view.people} people belong to it. Move or delete them first.")
    session = admin.visit.session
    await session.delete(await session.get_one(Organisation, organisation_id))
    await session.flush()
    _record(admin, "organisation.removed", organisation_id)


def _record(admin: Admin, event: str, organisation_id: UUID, **details: Any) -> None:
    audit.record(
        admin.visit.session,
        event,
        at=admin.visit.now,
        client_id=admin.client_id,
        address=admin.visit.address,
        by=admin.by,
        organisation=str(organisation_id),
        **details,
    )
