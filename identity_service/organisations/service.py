"""Making organisations, proving their domains, and looking after their people."""

import re
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from identity_service.accounts import links
from identity_service.accounts.errors import LinkSpent
from identity_service.accounts.models import Account, EmailProof, Organisation, OrganisationDomain
from identity_service.accounts.service import clean_name, email_key
from identity_service.audit import service as audit
from identity_service.invitations import service as invitations
from identity_service.lifecycle import service as lifecycle
from identity_service.mail import service as mail
from identity_service.organisations import queries
from identity_service.organisations.errors import BadDomain, DomainTaken, NameTaken, OutsideDomain
from identity_service.visit import Visit
from shared.kernel.errors import NotFound
from shared.kernel.ids import new_id

PROVE_WITHIN: Final = timedelta(days=7)
KEEPERS: Final = ("postmaster", "admin")
"""Mailboxes that belong to those who run a domain (RFC 2142, RFC 5321 section 4.5.1)."""
_DOMAIN: Final = re.compile(
    r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)
EVERYBODYS: Final = frozenset(
    "gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com icloud.com me.com aol.com "
    "proton.me protonmail.com gmx.net gmx.de gmx.at web.de mail.com mail.ru yandex.ru qq.com 163.com".split()
)
"""Where anybody gets an address: a mailbox there proves nothing about an organisation."""


async def found(visit: Visit, *, name: str, is_partner: bool, by: str) -> Organisation:
    """Make an organisation. Raises BadName, NameTaken."""
    name = clean_name(name)
    if await queries.by_name(visit.session, name) is not None:
        raise NameTaken
    organisation = Organisation(id=new_id(), name=name, is_partner=is_partner)
    visit.session.add(organisation)
    await visit.session.flush()
    _record(visit, organisation, "organisation.founded", by=by, is_partner=is_partner)
    return organisation


async def named(visit: Visit, name: str) -> Organisation:
    """Raises NotFound."""
    organisation = await queries.by_name(visit.session, name)
    if organisation is None:
        raise NotFound(f"There is no organisation {name!r}.")
    return organisation


def clean_domain(domain: str) -> str:
    """The domain in the form it is kept and compared in. Raises BadDomain."""
    try:
        written = domain.strip().rstrip(".").lower().encode("idna").decode("ascii")
    except UnicodeError:
        raise BadDomain from None
    if not _DOMAIN.fullmatch(written) or written in EVERYBODYS:
        raise BadDomain
    return written


async def add_domain(visit: Visit, organisation: Organisation, domain: str) -> OrganisationDomain:
    """Note that an organisation says a domain is its own. Raises BadDomain, DomainTaken."""
    domain = clean_domain(domain)
    owner = await queries.proved(visit.session, domain)
    if owner is not None and owner.organisation_id != organisation.id:
        raise DomainTaken
    row = await queries.domain_of(visit.session, organisation.id, domain)
    if row is None:
        row = OrganisationDomain(
            id=new_id(), organisation_id=organisation.id, domain=domain, created_at=visit.now
        )
        visit.session.add(row)
        await visit.session.flush()
    return row


async def vouch(visit: Visit, organisation: Organisation, domain: str) -> None:
    """Confirm a domain by staff who know it. Raises BadDomain, DomainTaken."""
    row = await add_domain(visit, organisation, domain)
    _prove(visit, organisation, row, how="staff")


async def ask_for_proof(visit: Visit, admin: Account, domain: str) -> None:
    """Write to those who run the domain. Raises BadDomain, DomainTaken."""
    organisation = await of_admin(visit, admin)
    row = await add_domain(visit, organisation, domain)
    if row.verified_at is not None:
        return
    for keeper in KEEPERS:
        to = f"{keeper}@{row.domain}"
        token = await links.make(
            visit,
            links.DOMAIN,
            realm="customer",
            email=to,
            account=admin,
            subject_id=row.id,
            life=PROVE_WITHIN,
        )
        mail.write(
            visit,
            "domain",
            to=to,
            domain=row.domain,
            organisation=organisation.name,
            link=links.address(visit, "/domain", token=token),
        )
    _record(visit, organisation, "organisation.domain_proof_asked", account=admin, domain=row.domain)


async def whose_domain(visit: Visit, proof: EmailProof) -> tuple[Organisation, OrganisationDomain]:
    """What a link from `ask_for_proof` is about. Raises LinkSpent."""
    row = await visit.session.get(OrganisationDomain, proof.subject_id)
    if row is None:
        raise LinkSpent
    return await visit.session.get_one(Organisation, row.organisation_id), row


async def prove(visit: Visit, token: str) -> tuple[str, str]:
    """Confirm a domain by a link sent to it. Answers organisation and domain. Raises LinkSpent."""
    organisation, row = await whose_domain(visit, await links.use(visit, links.DOMAIN, token))
    owner = await queries.proved(visit.session, row.domain)
    if owner is not None and owner.id != row.id:
        raise LinkSpent
    _prove(visit, organisation, row, how="mail")
    return organisation.name, row.domain


async def drop_domain(visit: Visit, admin: Account, domain: str) -> None:
    """Invite nobody under the domain any more; who is there stays. Raises NotFound."""
    organisation = await of_admin(visit, admin)
    row = await queries.domain_of(visit.session, organisation.id, domain)
    if row is None:
        raise NotFound
    await visit.session.delete(row)
    _record(visit, organisation, "organisation.domain_dropped", account=admin, domain=domain)


async def invite(visit: Visit, admin: Account, *, email: str, is_admin: bool) -> None:
    """Invite an address under a confirmed domain. Raises BadEmail, OutsideDomain, HasAccount."""
    organisation = await of_admin(visit, admin)
    host = email_key(email).rpartition("@")[2]
    confirmed = {
        row.domain for row in await queries.domains(visit.session, organisation.id) if row.verified_at
    }
    try:
        is_inside = clean_domain(host) in confirmed
    except BadDomain:
        is_inside = False
    if not is_inside:
        raise OutsideDomain
    await invitations.invite_to(visit, organisation, email=email, is_admin=is_admin, by=admin)


async def withdraw(visit: Visit, admin: Account, invitation_id: UUID) -> None:
    """Take an invitation back. Raises NotFound."""
    organisation = await of_admin(visit, admin)
    if not await invitations.withdraw(visit, invitation_id, organisation_id=organisation.id):
        raise NotFound
    _record(visit, organisation, "invitation.withdrawn", account=admin, invitation=str(invitation_id))


async def remove(visit: Visit, admin: Account, account_id: UUID) -> None:
    """Take somebody out of the organisation: the account stays, the organisation's rights go.

    Raises NotFound, also for the admin: an organisation must not be left without one by a slip.
    """
    organisation = await of_admin(visit, admin)
    person = await queries.person(visit.session, organisation.id, account_id)
    if person is None or person.id == admin.id:
        raise NotFound
    person.organisation_id, person.is_organisation_admin, person.updated_at = None, False, visit.now
    await lifecycle.announce_claims(visit, person)
    link = links.address(visit, "/account", realm="customer")
    mail.write(
        visit,
        "organisation_left",
        to=person.email,
        locale=person.locale,
        organisation=organisation.name,
        link=link,
    )
    audit.record(
        visit.session,
        "account.organisation_left",
        at=visit.now,
        account_id=person.id,
        address=visit.address,
        by=f"account:{admin.id}",
        organisation=organisation.name,
    )


async def of_admin(visit: Visit, admin: Account) -> Organisation:
    """The organisation somebody looks after. Raises NotFound for everybody else."""
    if admin.realm != "customer" or not admin.is_organisation_admin or admin.organisation_id is None:
        raise NotFound
    return await visit.session.get_one(Organisation, admin.organisation_id)


def _prove(visit: Visit, organisation: Organisation, row: OrganisationDomain, *, how: str) -> None:
    if row.verified_at is None:
        row.verified_at, row.verified_how = visit.now, how
        _record(visit, organisation, "organisation.domain_proved", domain=row.domain, how=how)


def _record(
    visit: Visit,
    organisation: Organisation,
    event: str,
    *,
    account: Account | None = None,
    by: str | None = None,
    **details: Any,
) -> None:
    audit.record(
        visit.session,
        event,
        at=visit.now,
        account_id=account.id if account else None,
        address=visit.address,
        by=by,
        organisation=organisation.name,
        **details,
    )
