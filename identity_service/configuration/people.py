"""The sections `organisations` and `people`."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from identity_service.accounts import service as accounts
from identity_service.accounts.models import Account, Organisation
from identity_service.audit import service as audit
from identity_service.configuration.changes import Act, Change, differences
from identity_service.configuration.errors import BadFile
from identity_service.configuration.schemas import AppliedOrganisation, AppliedPerson
from identity_service.lifecycle import service as lifecycle
from identity_service.roles import service as roles
from identity_service.visit import Visit
from shared.kernel.ids import new_id


async def plan_organisations(visit: Visit, wanted: Sequence[AppliedOrganisation]) -> list[Change]:
    changes = []
    for organisation in wanted:
        present = await accounts.organisation_named(visit, organisation.name)
        before = {"partner": present.is_partner} if present is not None else {}
        fields = differences(before, {"partner": organisation.partner})
        if fields:
            sign = "~" if present else "+"
            changes.append(
                Change(sign, f"organisation {organisation.name}", fields, _keep_organisation(organisation))
            )
    return changes


def _keep_organisation(wanted: AppliedOrganisation) -> Act:
    async def act(visit: Visit) -> Sequence[str]:
        present = await accounts.organisation_named(visit, wanted.name)
        if present is None:
            present = Organisation(id=new_id(), name=wanted.name, is_partner=wanted.partner)
            visit.session.add(present)
        present.is_partner = wanted.partner
        await visit.session.flush()
        return []

    return act


async def plan_people(visit: Visit, wanted: Sequence[AppliedPerson]) -> list[Change]:
    """Raises BadEmail."""
    changes = [await _person(visit, person) for person in wanted]
    return [change for change in changes if change is not None]


async def _person(visit: Visit, wanted: AppliedPerson) -> Change | None:
    present = await accounts.by_address(visit, realm=wanted.realm, email=wanted.email)
    before = await described(visit, present) if present is not None else {}
    fields = differences(before, _values(wanted))
    if wanted.password is not None and not await _has_password(visit, present, wanted.password):
        fields += ("password: another",)
    sign = "~" if present else "+"
    return Change(sign, f"{wanted.realm} {wanted.email}", fields, _keep(wanted)) if fields else None


def _values(wanted: AppliedPerson) -> dict[str, Any]:
    return {
        "name": wanted.name,
        "roles": sorted(set(wanted.roles)),
        "organisation": wanted.organisation,
        "active": wanted.active,
    }


async def described(visit: Visit, account: Account) -> dict[str, Any]:
    organisation = (
        await visit.session.get(Organisation, account.organisation_id) if account.organisation_id else None
    )
    return {
        "name": account.name,
        "roles": account.given_roles,
        "organisation": organisation.name if organisation else None,
        "active": account.deactivated_at is None,
    }


async def _has_password(visit: Visit, account: Account | None, password: str) -> bool:
    return account is not None and await accounts.has_password(visit, account, password)


def _keep(wanted: AppliedPerson) -> Act:
    async def act(visit: Visit) -> Sequence[str]:
        account = await accounts.by_address(visit, realm=wanted.realm, email=wanted.email)
        if account is None:
            account = accounts.new_account(visit, realm=wanted.realm, email=wanted.email, name=wanted.name)
            account.email_verified_at = visit.now
            await visit.session.flush()
            _record(visit, account)
        await _join(visit, account, wanted.organisation)
        names = await roles.known(visit, wanted.realm, wanted.roles)
        await lifecycle.change(visit, account, by="file", name=wanted.name, roles=names)
        await _switch(visit, account, active=wanted.active)
        if wanted.password is not None:
            await accounts.give_password(visit, account, wanted.password)
        return []

    return act


async def _join(visit: Visit, account: Account, name: str | None) -> None:
    organisation = await accounts.organisation_named(visit, name) if name else None
    if name and organisation is None:
        raise BadFile(f"There is no organisation {name!r}: name it under organisations.")
    account.organisation_id = organisation.id if organisation else None
    await visit.session.flush()


async def _switch(visit: Visit, account: Account, *, active: bool) -> None:
    if active:
        await lifecycle.reactivate(visit, account, by="file")
    else:
        await lifecycle.deactivate(visit, account, because="by file", by="file")


def _record(visit: Visit, account: Account) -> None:
    audit.record(
        visit.session,
        "account.applied",
        at=visit.now,
        account_id=account.id,
        address=visit.address,
        by="file",
    )


async def export_organisations(visit: Visit) -> list[dict[str, Any]]:
    found = await visit.session.scalars(select(Organisation).order_by(Organisation.name))
    return [{"name": one.name, "partner": one.is_partner} for one in found]


async def export_people(visit: Visit) -> list[dict[str, Any]]:
    """Every account, without passwords."""
    found = (await visit.session.scalars(select(Account).order_by(Account.realm, Account.email_key))).all()
    return [
        {"realm": account.realm, "email": account.email} | await described(visit, account)
        for account in found
    ]
