"""From a person whom a provider vouches for to an account of ours: by a link that was proved, or a new one.

An equal e-mail address links nothing: whoever has an account here already signs in to it and says that the
other one is theirs.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from identity_service.accounts import service as accounts
from identity_service.accounts.models import Account
from identity_service.audit import service as audit
from identity_service.lifecycle import service as lifecycle
from identity_service.roles import service as roles
from identity_service.sealing import hashed, new_secret
from identity_service.upstreams import queries
from identity_service.upstreams.asking import LIFE
from identity_service.upstreams.errors import LinkedElsewhere, UpstreamRefused
from identity_service.upstreams.models import Upstream, UpstreamAttempt, UpstreamIdentity, UpstreamOffer
from identity_service.upstreams.persons import Person
from identity_service.upstreams.provider import Provider
from identity_service.visit import Caller, Visit
from shared.kernel.ids import new_id

_NEW_ACCOUNTS: Final = 0x75705F6163  # the lock under which accounts are made for people of providers


@dataclass(frozen=True, slots=True)
class Known:
    """Whose account it is."""

    account: Account


@dataclass(frozen=True, slots=True)
class Offered:
    """Nobody here yet; by `secret` the person may connect an account of theirs."""

    secret: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Not let in, and a trace of it is in the transaction."""

    reason: str


@dataclass(frozen=True, slots=True)
class OfferView:
    """What somebody is asked to confirm."""

    title: str
    realm: str
    shown: str
    pending_id: UUID | None


async def arrive(
    visit: Visit, provider: Provider, attempt: UpstreamAttempt, person: Person
) -> Known | Offered | Refused:
    """Who this is here."""
    if attempt.links_to is not None:
        return await _offer(visit, provider, attempt, person)
    identity = await queries.identity(visit.session, provider.id, person.subject)
    if identity is None and _may_be_new(provider, person):
        identity = await _provision(visit, provider, person)
    if identity is None:
        if provider.admits_linking:
            return await _offer(visit, provider, attempt, person)
        return refuse(visit, provider.id, "unknown")
    account = await visit.session.get_one(Account, identity.account_id, with_for_update=True)
    if account.deactivated_at is not None:
        return refuse(visit, provider.id, "deactivated", account)
    identity.used_at, identity.shown = visit.now, person.shown
    await _take_over_roles(visit, account, identity, person.roles)
    record(visit, "upstream.signed_in", account, provider.id)
    return Known(account)


def _may_be_new(provider: Provider, person: Person) -> bool:
    """`person.email` is there only when the provider says that it was proved."""
    return provider.provisions and person.email.rpartition("@")[2] in provider.email_domains


async def _provision(visit: Visit, provider: Provider, person: Person) -> UpstreamIdentity | None:
    """A new account, unless somebody has the address already: None then. One at a time, so that a person
    who comes twice at once gets one."""
    await visit.session.execute(select(func.pg_advisory_xact_lock(_NEW_ACCOUNTS)))
    found = await queries.identity(visit.session, provider.id, person.subject)
    if found is not None:
        return found
    if await accounts.by_address(visit, realm=provider.realm, email=person.email) is not None:
        return None
    name = person.name or person.email.partition("@")[0]
    account = accounts.new_account(visit, realm=provider.realm, email=person.email, name=name)
    account.email_verified_at = visit.now
    await visit.session.flush()
    record(visit, "upstream.provisioned", account, provider.id)
    return await _link(visit, provider.id, person.subject, person.shown, account)


async def _link(
    visit: Visit, upstream_id: str, subject: str, shown: str, account: Account
) -> UpstreamIdentity:
    identity = UpstreamIdentity(
        id=new_id(),
        upstream_id=upstream_id,
        subject=subject,
        account_id=account.id,
        shown=shown,
        roles=[],
        linked_at=visit.now,
        used_at=visit.now,
    )
    visit.session.add(identity)
    await visit.session.flush()
    record(visit, "upstream.linked", account, upstream_id)
    return identity


async def _take_over_roles(
    visit: Visit, account: Account, identity: UpstreamIdentity, said: list[str]
) -> None:
    """The account has the roles that the provider gives now, and those that others gave."""
    known = {role.name for role in await roles.all_roles(visit) if role.realm == account.realm}
    identity.roles = sorted(set(said) & known)
    await lifecycle.follow_roles(visit, account, by=f"upstream:{identity.upstream_id}")


async def _offer(visit: Visit, provider: Provider, attempt: UpstreamAttempt, person: Person) -> Offered:
    secret = new_secret()
    visit.session.add(
        UpstreamOffer(
            secret_hash=hashed(secret),
            upstream_id=provider.id,
            subject=person.subject,
            shown=person.shown,
            roles=person.roles,
            pending_id=attempt.pending_id,
            back_to=attempt.back_to,
            created_at=visit.now,
            expires_at=visit.now + LIFE,
        )
    )
    audit.record(
        visit.session,
        "upstream.offered",
        at=visit.now,
        account_id=attempt.links_to,
        address=visit.address,
        upstream=provider.id,
    )
    return Offered(secret)


async def offer(caller: Caller, secret: str | None) -> OfferView | None:
    """What may be confirmed with this secret, to look at."""
    if not secret:
        return None
    row = await caller.reader.first(queries.OFFER, secret_hash=hashed(secret), now=caller.now)
    if row is None or not row["admits_linking"]:
        return None
    return OfferView(row["title"], row["realm"], row["shown"], row["pending_id"])


async def accept(visit: Visit, account: Account, secret: str | None) -> UpstreamOffer:
    """Connect the account of somebody who just proved that it is theirs. Raises UpstreamRefused for an offer
    that is gone or for another realm; LinkedElsewhere, with a trace that the caller keeps."""
    found = await queries.take_offer(visit.session, secret_hash=hashed(secret or ""), now=visit.now)
    if found is None:
        raise UpstreamRefused("no offer")
    upstream = await visit.session.get_one(Upstream, found.upstream_id)
    if not (upstream.is_enabled and upstream.admits_linking and upstream.realm == account.realm):
        raise UpstreamRefused("no offer")
    await visit.session.execute(select(func.pg_advisory_xact_lock(_NEW_ACCOUNTS)))
    identity = await queries.identity(visit.session, upstream.id, found.subject)
    if identity is None:
        identity = await _link(visit, upstream.id, found.subject, found.shown, account)
    elif identity.account_id != account.id:
        refuse(visit, upstream.id, "linked elsewhere", account)
        raise LinkedElsewhere
    await visit.session.refresh(account, with_for_update=True)
    await _take_over_roles(visit, account, identity, found.roles)
    return found


async def drop(visit: Visit, account: Account, identity: UpstreamIdentity, *, by: str) -> None:
    """Undo a link with a provider, and take back the roles that came by it; `by` names who did it."""
    await visit.session.delete(identity)
    await lifecycle.follow_roles(visit, account, by=by)
    record(visit, "upstream.unlinked", account, identity.upstream_id)


async def drop_since(visit: Visit, account: Account, since: datetime, *, by: str) -> None:
    """Undo the links that were made at `since` or later."""
    made = await visit.session.scalars(
        select(UpstreamIdentity).where(
            UpstreamIdentity.account_id == account.id, UpstreamIdentity.linked_at >= since
        )
    )
    for identity in list(made):
        await drop(visit, account, identity, by=by)


def refuse(visit: Visit, upstream_id: str, reason: str, account: Account | None = None) -> Refused:
    """Write a refusal down."""
    record(visit, "upstream.refused", account, upstream_id, because=reason)
    return Refused(reason)


def record(visit: Visit, event: str, account: Account | None, upstream_id: str, **details: str) -> None:
    audit.record(
        visit.session,
        event,
        at=visit.now,
        account_id=account.id if account is not None else None,
        address=visit.address,
        upstream=upstream_id,
        **details,
    )
