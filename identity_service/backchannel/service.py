"""Logout tokens (OpenID Connect Back-Channel Logout 1.0): from the end of a session to each relying party."""

import asyncio
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import structlog
from joserfc import jwt
from sqlalchemy import delete, func, insert, literal, select, update

from identity_service.audit import service as audit
from identity_service.backchannel.models import LogoutNotice
from identity_service.clients.models import Client
from identity_service.grants.models import Grant
from identity_service.outgoing import CannotCall
from identity_service.sessions.models import SignInSession
from identity_service.visit import Services, Visit

TYPE: Final = "logout+jwt"
EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
TOKEN_SECONDS: Final = 120
"""Section 2.4 recommends two minutes at most."""
AGAIN_AFTER: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3600, 21_600))
"""After the last of these the client is given up."""
_CLAIMED_FOR: Final = timedelta(seconds=30)
_AT_ONCE: Final = 10
_SIDE_BY_SIDE: Final = 4

log = structlog.get_logger("backchannel")


async def announce(visit: Visit, *, account_id: UUID, session_id: UUID | None = None) -> None:
    """Put a notice aside for each client that the person used in the session, or in any of the account's
    live ones. To be called before they end."""
    which = (Grant.account_id == account_id) & SignInSession.ended_at.is_(None)
    if session_id is not None:
        which &= Grant.session_id == session_id
    used = (
        select(Grant.client_id, Grant.session_id)
        .join(SignInSession, SignInSession.id == Grant.session_id)
        .join(Client, Client.id == Grant.client_id)
        .where(which, Client.backchannel_logout_uri.is_not(None), Client.disabled_at.is_(None))
        .distinct()
        .subquery()
    )
    at = literal(visit.now)
    rows = select(
        func.gen_random_uuid(), used.c.client_id, literal(account_id), used.c.session_id, at, at, literal(0)
    )
    columns = ["id", "client_id", "account_id", "session_id", "created_at", "next_attempt_at", "attempts"]
    await visit.session.execute(insert(LogoutNotice).from_select(columns, rows))


async def deliver(services: Services) -> int:
    """Tell the clients whose turn it is, several side by side. Returns how many notices were tried; nothing
    of the database is held while clients answer."""
    batch = _Batch(services)
    return sum(await asyncio.gather(*(batch.work() for _ in range(_SIDE_BY_SIDE))))


class _Batch:
    """Clients that are being told now, or did not answer, have to wait: a slow one delays nobody else."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.passed_over: set[str] = set()
        self.claiming = asyncio.Lock()

    async def work(self) -> int:
        for count in range(_AT_ONCE):
            async with self.claiming:
                claimed = await _claim(self.services, self.passed_over)
                if claimed is None:
                    return count
                self.passed_over.add(claimed[1].id)
            if await _tell(self.services, *claimed):
                self.passed_over.discard(claimed[1].id)
        return _AT_ONCE


async def _claim(services: Services, passed_over: Collection[str]) -> tuple[LogoutNotice, Client] | None:
    """A notice that is due, with the keys to sign it. It is nobody else's for a while, however this process
    ends."""
    now = services.clock.now()
    due = (
        select(LogoutNotice)
        .where(LogoutNotice.next_attempt_at <= now, LogoutNotice.client_id.not_in(passed_over))
        .order_by(LogoutNotice.next_attempt_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    async with services.database.transaction() as session:
        notice = await session.scalar(due)
        if notice is None:
            return None
        notice.next_attempt_at, notice.attempts = now + _CLAIMED_FOR, notice.attempts + 1
        client = await session.get_one(Client, notice.client_id)
        await services.keys.load(session, now)
    return notice, client


async def _tell(services: Services, notice: LogoutNotice, client: Client) -> bool:
    """Whether that is done with."""
    now, url = services.clock.now(), client.backchannel_logout_uri
    if url is None or client.disabled_at is not None:
        await _forget(services, notice.id)
        return True
    try:
        heard = await services.outgoing.post(url, {"logout_token": logout_token(services, notice, client)})
        if heard.status not in (200, 204):
            raise CannotCall(f"status {heard.status}")
    except CannotCall as refusal:
        log.warning("client not told of a logout", client=client.id, because=str(refusal))
        await _try_later(services, notice, now)
        return False
    await _forget(services, notice.id)
    return True


def logout_token(services: Services, notice: LogoutNotice, client: Client) -> str:
    """Section 2.4. It is signed as the client's id_tokens are, and has no nonce, so that it is none."""
    now, algorithm = services.clock.now(), client.id_token_alg
    key = services.keys.signer(algorithm, now)
    claims: dict[str, Any] = {
        "iss": services.settings.issuer,
        "sub": str(notice.account_id),
        "aud": client.id,
        "iat": int(now.timestamp()),
        "exp": int(now.timestamp()) + TOKEN_SECONDS,
        "jti": str(uuid4()),
        "events": {EVENT: {}},
    }
    if notice.session_id is not None:
        claims["sid"] = str(notice.session_id)
    return jwt.encode({"alg": algorithm, "typ": TYPE, "kid": key.kid}, claims, key, algorithms=[algorithm])


async def _forget(services: Services, notice_id: UUID) -> None:
    async with services.database.transaction() as session:
        await session.execute(delete(LogoutNotice).where(LogoutNotice.id == notice_id))


async def _try_later(services: Services, notice: LogoutNotice, now: datetime) -> None:
    if notice.attempts > len(AGAIN_AFTER):
        async with services.database.transaction() as session:
            await session.execute(delete(LogoutNotice).where(LogoutNotice.id == notice.id))
            audit.record(
                session,
                "session.client_not_told",
                at=now,
                account_id=notice.account_id,
                client_id=notice.client_id,
                address="worker",
                attempts=notice.attempts,
            )
        return
    later = now + AGAIN_AFTER[notice.attempts - 1]
    async with services.database.transaction() as session:
        await session.execute(
            update(LogoutNotice).where(LogoutNotice.id == notice.id).values(next_attempt_at=later)
        )
