"""What administrators do with people."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete

from identity_service.accounts import links
from identity_service.accounts import service as accounts
from identity_service.accounts.models import Account, Organisation
from identity_service.admin import paging
from identity_service.admin.access import Admin
from identity_service.admin.errors import NotConfirmed, Yourself
from identity_service.admin.people import queries
from identity_service.admin.people.schemas import (
    InvitedView,
    OrganisationRef,
    PeopleAsked,
    PersonChange,
    PersonRow,
    PersonView,
    StaffInvite,
)
from identity_service.audit import service as audit
from identity_service.devices.models import KnownDevice
from identity_service.factors import service as factors
from identity_service.grants import service as grants
from identity_service.invitations import service as invitations
from identity_service.lifecycle import service as lifecycle
from identity_service.mail import service as mail
from identity_service.roles import service as roles
from identity_service.roles.service import ADMIN
from identity_service.sessions import service as sessions
from identity_service.sessions.models import SignInSession
from identity_service.sessions.service import SessionView
from shared.kernel.errors import NotFound, invalid_field

_LIST: Final = "people"


async def people(admin: Admin, asked: PeopleAsked) -> tuple[list[PersonRow], str | None]:
    """A page of people, and the cursor of the next."""
    after = paging.start(admin, asked, name=_LIST)
    result = await admin.visit.session.execute(queries.found(asked, after))
    rows = [_row(dict(row)) for row in result.mappings()]
    return paging.cut(admin, asked, rows, lambda row: (row.name, row.id), name=_LIST)


def _row(row: dict[str, Any]) -> PersonRow:
    organisation_id, name = row.pop("organisation_id"), row.pop("organisation_name")
    return PersonRow(**row, organisation=OrganisationRef(organisation_id, name) if organisation_id else None)


async def account(admin: Admin, account_id: UUID) -> Account:
    """The account, held until the transaction ends. Raises NotFound."""
    found = await queries.locked(admin.visit.session, account_id)
    if found is None:
        raise NotFound
    return found


async def person(admin: Admin, account_id: UUID) -> PersonView:
    """Raises NotFound."""
    return await view(admin, await account(admin, account_id))


async def view(admin: Admin, who: Account) -> PersonView:
    session = admin.visit.session
    organisation = await accounts.organisation_of(admin.visit, who)
    return PersonView(
        id=who.id,
        realm=who.realm,
        name=who.name,
        email=who.email,
        roles=list(who.roles),
        given_roles=list(who.given_roles),
        organisation=OrganisationRef(organisation.id, organisation.name) if organisation else None,
        created_at=who.created_at,
        deactivated_at=who.deactivated_at,
        email_verified_at=who.email_verified_at,
        is_organisation_admin=who.is_organisation_admin,
        groups=await queries.groups_of(session, who.id),
        factors=await queries.factors_of(session, who.id),
    )


async def invite(admin: Admin, wanted: StaffInvite) -> InvitedView:
    """A mail with a link to whoever is to have a staff account. Raises BadEmail, UnknownRole, HasAccount."""
    await invitations.invite_colleague(admin.visit, email=wanted.email, roles=wanted.roles, by=admin.account)
    return InvitedView("staff", wanted.email, sorted(set(wanted.roles)))


async def change(admin: Admin, who: Account, wanted: PersonChange) -> None:
    """Raises BadName, UnknownRole, Yourself for giving up one's own role, Invalid for an organisation that
    does not exist or a colleague in one."""
    given = wanted.model_fields_set
    names = None
    if wanted.roles is not None:
        names = await roles.known(admin.visit, who.realm, wanted.roles)
    if "organisation_id" in given:
        await _move(admin, who, wanted.organisation_id)
    await lifecycle.change(admin.visit, who, by=admin.by, name=wanted.name, roles=names)
    if who.id == admin.account.id and ADMIN not in who.roles:
        raise Yourself
    await admin.visit.session.flush()


async def _move(admin: Admin, who: Account, organisation_id: UUID | None) -> None:
    if organisation_id == who.organisation_id:
        return
    if organisation_id is not None:
        if who.realm != "customer":
            raise invalid_field(
                "/organisation_id", "admin.not_a_customer", "Colleagues are in no organisation."
            )
        if await admin.visit.session.get(Organisation, organisation_id) is None:
            raise invalid_field("/organisation_id", "admin.no_organisation", "There is no such organisation.")
    who.organisation_id, who.is_organisation_admin = organisation_id, False
    who.updated_at = admin.visit.now
    await lifecycle.announce_claims(admin.visit, who)
    _record(admin, "account.moved", who, organisation=str(organisation_id) if organisation_id else None)


async def deactivate(admin: Admin, who: Account) -> None:
    """Raises Yourself."""
    _not_yourself(admin, who)
    await lifecycle.deactivate(admin.visit, who, because="an administrator", by=admin.by)


async def reactivate(admin: Admin, who: Account) -> None:
    await lifecycle.reactivate(admin.visit, who, by=admin.by)


async def purge(admin: Admin, who: Account, *, name: str) -> None:
    """Delete the account for good. Raises Yourself, NotConfirmed unless `name` is the person's."""
    _not_yourself(admin, who)
    confirm(name, who.name)
    await lifecycle.purge(admin.visit, who, by=admin.by)


def confirm(typed: str, name: str) -> None:
    """Raises NotConfirmed."""
    if typed.strip() != name:
        raise NotConfirmed


def _not_yourself(admin: Admin, who: Account) -> None:
    if who.id == admin.account.id:
        raise Yourself


async def live_sessions(admin: Admin, who: Account) -> list[SessionView]:
    return await sessions.live(admin.visit, who)


async def end_session(admin: Admin, who: Account, session_id: UUID) -> None:
    """Raises NotFound for a session of somebody else, or none."""
    session = await admin.visit.session.get(SignInSession, session_id)
    if session is None or session.account_id != who.id:
        raise NotFound
    await grants.end_session(admin.visit, session, because="an administrator")
    _record(admin, "account.session_ended", who, sid=str(session_id))


async def end_sessions(admin: Admin, who: Account) -> None:
    """Everywhere: browsers, applications, devices."""
    await grants.end_all_sessions(admin.visit, who, because="an administrator")
    _record(admin, "account.sessions_ended", who)


async def reset_factors(admin: Admin, who: Account) -> None:
    """Remove all second factors and known browsers of somebody who lost theirs; sessions end with them.
    Raises Yourself."""
    _not_yourself(admin, who)
    await grants.end_all_sessions(admin.visit, who, because="second factors reset")
    await factors.remove_all(admin.visit, who)
    await admin.visit.session.execute(delete(KnownDevice).where(KnownDevice.account_id == who.id))
    _record(admin, "account.factors_reset", who)


async def send_password_link(admin: Admin, who: Account) -> None:
    """The link that the person could ask for on the sign-in page. Raises NotFound for one who is shut out."""
    if who.deactivated_at is not None:
        raise NotFound
    visit = admin.visit
    token = await links.make(visit, links.SET_PASSWORD, realm=who.realm, email=who.email, account=who)
    link = links.address(visit, "/set-password", token=token)
    mail.write(visit, "reset_password", to=who.email, locale=who.locale, link=link)
    _record(admin, "account.password_link_sent", who)


def _record(admin: Admin, event: str, who: Account, **details: Any) -> None:
    audit.record(
        admin.visit.session,
        event,
        at=admin.visit.now,
        account_id=who.id,
        client_id=admin.client_id,
        address=admin.visit.address,
        by=admin.by,
        **details,
    )
