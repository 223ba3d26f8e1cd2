"""Ending sessions and grants, and what a request under way needs."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from identity_service.accounts.models import Account
from identity_service.audit import service as audit
from identity_service.backchannel import service as backchannel
from identity_service.events import service as events
from identity_service.events.kinds import EventKind
from identity_service.grants import queries
from identity_service.grants.models import (
    AuthorizationCode,
    Grant,
    PendingRequest,
    PushedRequest,
    UsedAssertion,
    UsedProof,
)
from identity_service.sessions.models import SignInSession
from identity_service.sign_in.models import UnfinishedSignIn
from identity_service.visit import Caller, Visit
from shared.kernel.errors import NotFound

PENDING_FOR = timedelta(hours=1)
_KEPT_AFTER_END = timedelta(days=1)


def new_grant(
    session: AsyncSession,
    *,
    to: str,
    of: SignInSession,
    scope: str,
    audiences: list[str],
    now: datetime,
) -> Grant:
    """What the person signed in with the session `of` allows the client `to`."""
    grant = Grant(
        id=uuid4(),
        account_id=of.account_id,
        client_id=to,
        session_id=of.id,
        scope=scope,
        audiences=audiences,
        auth_time=of.auth_time,
        amr=of.amr,
        created_at=now,
        expires_at=of.expires_at,
    )
    session.add(grant)
    return grant


async def end_session(visit: Visit, session: SignInSession, *, because: str) -> None:
    """End a session and revoke every grant in it: refresh fails from now on, UserInfo too. Half-done sign-ins
    of its person are void."""
    await backchannel.announce(visit, account_id=session.account_id, session_id=session.id)
    session.ended_at = session.ended_at or visit.now
    await _revoke(visit, Grant.session_id == session.id, because)
    await _drop_half_done(visit, session.account_id)
    await events.announce(
        visit,
        EventKind.SESSION_REVOKED,
        account_id=session.account_id,
        realm=session.realm,
        session_id=session.id,
    )
    audit.record(
        visit.session,
        "session.ended",
        at=visit.now,
        account_id=session.account_id,
        address=visit.address,
        sid=str(session.id),
        because=because,
    )


async def end_all_sessions(visit: Visit, account: Account, *, because: str) -> None:
    """End every session of an account, with its grants and half-done sign-ins; those, too, that begin at this
    moment: they hold the account until they are there to be seen."""
    account_id = account.id
    with visit.session.no_autoflush:  # the account before what else of it was changed, as who signs in does
        await visit.session.execute(
            select(Account.id).where(Account.id == account_id).with_for_update(key_share=True)
        )
    await backchannel.announce(visit, account_id=account_id)
    await visit.session.execute(
        update(SignInSession)
        .where(SignInSession.account_id == account_id, SignInSession.ended_at.is_(None))
        .values(ended_at=visit.now)
    )
    await _revoke(visit, Grant.account_id == account_id, because)
    await _drop_half_done(visit, account_id)
    await events.announce(visit, EventKind.SESSION_REVOKED, account_id=account_id, realm=account.realm)
    audit.record(
        visit.session,
        "session.all_ended",
        at=visit.now,
        account_id=account_id,
        address=visit.address,
        because=because,
    )


async def end_own_session(visit: Visit, account_id: UUID, session_id: UUID, *, because: str) -> None:
    """End one of a person's live sessions. Raises NotFound for one that is not theirs, or has ended."""
    session = await visit.session.get(SignInSession, session_id, with_for_update=True)
    if session is None or session.account_id != account_id or session.ended_at is not None:
        raise NotFound
    await end_session(visit, session, because=because)


async def end_other_sessions(visit: Visit, kept: SignInSession, *, because: str) -> None:
    """End every session of a person but the one they are in, and their half-done sign-ins."""
    await _drop_half_done(visit, kept.account_id)
    others = await visit.session.scalars(
        select(SignInSession)
        .where(
            SignInSession.account_id == kept.account_id,
            SignInSession.id != kept.id,
            SignInSession.ended_at.is_(None),
        )
        .with_for_update()
    )
    for session in others.all():
        await end_session(visit, session, because=because)


async def end_grants_of_client(visit: Visit, account_id: UUID, client_id: str, *, because: str) -> None:
    """Revoke all that one person gave one client, in whatever session."""
    which = (Grant.account_id == account_id) & (Grant.client_id == client_id)
    await _revoke(visit, which, because)


async def _drop_half_done(visit: Visit, account_id: UUID) -> None:
    await visit.session.execute(delete(UnfinishedSignIn).where(UnfinishedSignIn.account_id == account_id))


async def _revoke(visit: Visit, which: object, because: str) -> None:
    await visit.session.execute(
        update(Grant)
        .where(which, Grant.revoked_at.is_(None))  # type: ignore[arg-type] # a condition on grants
        .values(revoked_at=visit.now, revoked_because=because)
    )


async def put_aside(
    visit: Visit,
    *,
    realm: str,
    parameters: Mapping[str, list[str]],
    needs_auth_after: datetime | None = None,
    device_id: UUID | None = None,
    pushed_hash: str | None = None,
) -> PendingRequest:
    """Keep an authorization request, or a device that waits, while its person signs in."""
    pending = PendingRequest(
        id=uuid4(),
        realm=realm,
        parameters=dict(parameters),
        needs_auth_after=needs_auth_after,
        device_id=device_id,
        pushed_hash=pushed_hash,
        created_at=visit.now,
        expires_at=visit.now + PENDING_FOR,
    )
    visit.session.add(pending)
    await visit.session.flush()
    return pending


async def waiting(caller: Caller, pending_id: UUID | None) -> PendingRequest | None:
    """A request put aside earlier, while it is fresh, to look at: it belongs to no session."""
    if pending_id is None:
        return None
    row = await caller.writer.first(queries.WAITING, pending_id=pending_id, now=caller.now)
    return PendingRequest(**row) if row else None


async def pending_request(visit: Visit, pending_id: UUID | None) -> PendingRequest | None:
    """As `waiting`, to be changed."""
    if pending_id is None:
        return None
    pending = await visit.session.get(PendingRequest, pending_id)
    return pending if pending is not None and pending.expires_at > visit.now else None


async def prune(visit: Visit) -> None:
    """Delete what has ended and is of no more use. Grants take codes and refresh tokens along."""
    before = visit.now - _KEPT_AFTER_END
    for model in (PendingRequest, PushedRequest, UsedAssertion, UsedProof, AuthorizationCode):
        await visit.session.execute(delete(model).where(model.expires_at < before))
    await visit.session.execute(delete(Grant).where(Grant.expires_at < before))
    await visit.session.execute(delete(SignInSession).where(SignInSession.expires_at < before))
