"""Inviting, accepting and withdrawing. Whoever opens the link reads the mailbox it was sent to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete

from identity_service.accounts import links
from identity_service.accounts import service as accounts
from identity_service.accounts.errors import LinkSpent
from identity_service.accounts.models import Account, Invitation, Organisation
from identity_service.accounts.service import clean_name, email_key
from identity_service.audit import service as audit
from identity_service.invitations import queries
from identity_service.invitations.errors import BelongsElsewhere, HasAccount
from identity_service.lifecycle import service as lifecycle
from identity_service.limits import service as limits
from identity_service.mail import service as mail
from identity_service.roles import service as roles_known
from identity_service.sealing import hashed, new_secret
from identity_service.visit import Caller, Visit
from shared.kernel.ids import new_id

LIFE: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Open:
    """An invitation that waits, as its reader is shown it. `account_id` is set when they have an account."""

    realm: str
    email: str
    organisation: str | None
    account_id: UUID | None


async def invite_colleague(
    visit: Visit, *, email: str, roles: list[str], by: Account | None = None, is_mailed: bool = True
) -> str:
    """Invite a colleague, who will have `roles`. Answers the link, which works once, within 7 days.

    A second invitation takes the place of the first. Raises BadEmail, UnknownRole, HasAccount.
    """
    if await accounts.by_address(visit, realm="staff", email=email) is not None:
        raise HasAccount
    known = await roles_known.known(visit, "staff", roles)
    invitation, link = await _make(visit, realm="staff", email=email, roles=known, by=by)
    if is_mailed:
        name = by.name if by else visit.settings.identity_name
        mail.write(visit, "staff_invitation", to=invitation.email, by=name, link=link)
    return link


async def invite_to(
    visit: Visit, organisation: Organisation, *, email: str, is_admin: bool = False, by: Account | None = None
) -> str:
    """Invite somebody to an organisation; they may have an account or not. Answers the link.

    Raises BadEmail; HasAccount when they belong to it already.
    """
    there = await accounts.by_address(visit, realm="customer", email=email)
    if there is not None and there.organisation_id == organisation.id:
        raise HasAccount
    invitation, link = await _make(
        visit, realm="customer", email=email, roles=[], by=by, organisation=organisation, is_admin=is_admin
    )
    name = by.name if by else visit.settings.identity_name
    mail.write(
        visit,
        "organisation_invitation",
        to=invitation.email,
        locale=there.locale if there else None,
        by=name,
        organisation=organisation.name,
        link=link,
    )
    return link


async def look_at(caller: Caller, token: str) -> Open:
    """What an invitation is to; it stays open. Raises LinkSpent, TooManyAttempts."""
    await caller.services.limiter.take(limits.PROOF_ADDRESS.key(caller.address))
    row = await caller.reader.first(queries.BY_TOKEN, token_hash=hashed(token), now=caller.now)
    if row is None:
        raise LinkSpent
    return Open(row["realm"], row["email"], row["organisation"], row["account_id"])


async def accept(visit: Visit, *, token: str, name: str, password_hash: str) -> Account:
    """Make the account that somebody was invited to. Raises LinkSpent, BadName."""
    invitation = await _use(visit, token)
    if await accounts.by_address(visit, realm=invitation.realm, email=invitation.email) is not None:
        raise LinkSpent
    account = accounts.new_account(
        visit, realm=invitation.realm, email=invitation.email, name=clean_name(name)
    )
    account.roles = account.given_roles = list(invitation.roles)
    account.email_verified_at = visit.now
    _join(account, invitation)
    await visit.session.flush()
    await accounts.keep_password(visit, account.id, password_hash)
    _record(visit, account, "account.invited", invitation)
    return account


async def accept_as(visit: Visit, account: Account, token: str) -> None:
    """Join an organisation with the account one has, which reads the mailbox that was invited.

    Raises LinkSpent, also when another was invited; BelongsElsewhere.
    """
    invitation = await _use(visit, token)
    is_own = (invitation.realm, invitation.email_key) == (account.realm, account.email_key)
    if not is_own or invitation.organisation_id is None:
        raise LinkSpent
    if account.organisation_id not in (None, invitation.organisation_id):
        raise BelongsElsewhere
    _join(account, invitation)
    account.updated_at = visit.now
    await lifecycle.announce_claims(visit, account)
    _record(visit, account, "account.organisation_joined", invitation)


async def waiting_at(visit: Visit, organisation_id: UUID) -> Sequence[Invitation]:
    """The invitations of an organisation that nobody accepted yet, the newest first."""
    return await queries.of_organisation(visit.session, organisation_id, visit.now)


async def send_again(visit: Visit, invitation: Invitation, *, by: Account) -> str:
    """The same with another link, for seven days more; the link that was sent before is spent. Answers the
    link. Raises HasAccount when they have an account by now, UnknownRole for a role that is gone."""
    if invitation.organisation_id is None:
        return await invite_colleague(visit, email=invitation.email, roles=invitation.roles, by=by)
    organisation = await visit.session.get_one(Organisation, invitation.organisation_id)
    is_admin = invitation.is_organisation_admin
    return await invite_to(visit, organisation, email=invitation.email, is_admin=is_admin, by=by)


async def withdraw(visit: Visit, invitation_id: UUID, *, organisation_id: UUID | None = None) -> bool:
    """Take an invitation back, only if it is of `organisation_id` where one is given; False when there is
    none."""
    statement = delete(Invitation).where(Invitation.id == invitation_id).returning(Invitation.id)
    if organisation_id is not None:
        statement = statement.where(Invitation.organisation_id == organisation_id)
    return (await visit.session.execute(statement)).first() is not None


async def prune(visit: Visit) -> None:
    """Delete invitations that nobody can accept any more."""
    await visit.session.execute(delete(Invitation).where(Invitation.expires_at < visit.now))


async def _make(
    visit: Visit,
    *,
    realm: str,
    email: str,
    roles: list[str],
    by: Account | None,
    organisation: Organisation | None = None,
    is_admin: bool = False,
) -> tuple[Invitation, str]:
    key, token = email_key(email), new_secret()
    await visit.session.execute(
        delete(Invitation).where(Invitation.realm == realm, Invitation.email_key == key)
    )
    invitation = Invitation(
        id=new_id(),
        realm=realm,
        email=key,
        email_key=key,
        roles=roles,
        organisation_id=organisation.id if organisation else None,
        is_organisation_admin=is_admin,
        invited_by=by.id if by else None,
        token_hash=hashed(token),
        created_at=visit.now,
        expires_at=visit.now + LIFE,
    )
    visit.session.add(invitation)
    await visit.session.flush()
    audit.record(
        visit.session,
        "invitation.sent",
        at=visit.now,
        account_id=by.id if by else None,
        address=visit.address,
        invitation=str(invitation.id),
        realm=realm,
        roles=roles,
        organisation=organisation.name if organisation else None,
    )
    return invitation, links.address(visit, "/invitation", token=token)


async def _use(visit: Visit, token: str) -> Invitation:
    invitation = await queries.live(visit.session, hashed(token), visit.now)
    if invitation is None:
        raise LinkSpent
    await visit.session.delete(invitation)
    return invitation


def _join(account: Account, invitation: Invitation) -> None:
    if invitation.organisation_id is not None:
        account.organisation_id = invitation.organisation_id
        account.is_organisation_admin = invitation.is_organisation_admin


def _record(visit: Visit, account: Account, event: str, invitation: Invitation) -> None:
    audit.record(
        visit.session,
        event,
        at=visit.now,
        account_id=account.id,
        address=visit.address,
        invitation=str(invitation.id),
        roles=invitation.roles,
    )
