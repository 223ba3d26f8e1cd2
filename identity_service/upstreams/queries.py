"""Every SELECT on providers and on what people have there."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from identity_service.upstreams.models import Upstream, UpstreamAttempt, UpstreamIdentity, UpstreamOffer
from shared.db.query import Query

ENABLED = Query(
    select(Upstream.__table__).where(Upstream.id == bindparam("upstream_id"), Upstream.is_enabled.is_(True))
)
UNANSWERED = Query(
    select(UpstreamAttempt.needs_auth_after).where(
        UpstreamAttempt.state_hash == bindparam("state_hash"),
        UpstreamAttempt.upstream_id == bindparam("upstream_id"),
        UpstreamAttempt.expires_at > bindparam("now"),
        UpstreamAttempt.sealed_answer.is_(None),
    )
)
Identities = Select[UpstreamIdentity]

_SHOWN: tuple[Any, ...] = (Upstream.id, Upstream.title)
BUTTONS = Query(
    select(*_SHOWN)
    .where(Upstream.realm == bindparam("realm"), Upstream.is_enabled.is_(True))
    .order_by(Upstream.title, Upstream.id)
)
_OWN: tuple[Any, ...] = (
    UpstreamIdentity.id,
    UpstreamIdentity.shown,
    UpstreamIdentity.linked_at,
    UpstreamIdentity.used_at,
    Upstream.title,
    Upstream.is_enabled,
)
OWN = Query(
    select(*_OWN)
    .join(Upstream, Upstream.id == UpstreamIdentity.upstream_id)
    .where(UpstreamIdentity.account_id == bindparam("account_id"))
    .order_by(Upstream.title, UpstreamIdentity.linked_at)
)
OFFER = Query(
    select(
        UpstreamOffer.shown,
        UpstreamOffer.pending_id,
        Upstream.title,
        Upstream.realm,
        Upstream.admits_linking,
    )
    .join(Upstream, Upstream.id == UpstreamOffer.upstream_id)
    .where(
        UpstreamOffer.secret_hash == bindparam("secret_hash"),
        UpstreamOffer.expires_at > bindparam("now"),
        Upstream.is_enabled.is_(True),
    )
)


async def identity(session: AsyncSession, upstream_id: str, subject: str) -> UpstreamIdentity | None:
    """Locked: one sign-in at a time changes the roles that come from the provider."""
    found: UpstreamIdentity | None = await session.scalar(
        select(UpstreamIdentity)
        .where(UpstreamIdentity.upstream_id == upstream_id, UpstreamIdentity.subject == subject)
        .with_for_update()
    )
    return found


def identities_at(upstream_id: str) -> Identities:
    return select(UpstreamIdentity).where(UpstreamIdentity.upstream_id == upstream_id)


async def take_attempt(
    session: AsyncSession, *, state_hash: str, browser_hash: str, now: datetime
) -> UpstreamAttempt | None:
    """The attempt that this answer belongs to, which is gone with it: of two equal answers one finds it."""
    found: UpstreamAttempt | None = await session.scalar(
        delete(UpstreamAttempt)
        .where(
            UpstreamAttempt.state_hash == state_hash,
            UpstreamAttempt.browser_hash == browser_hash,
            UpstreamAttempt.expires_at > now,
        )
        .returning(UpstreamAttempt)
    )
    return found


async def keep_answer(
    session: AsyncSession, *, state_hash: str, upstream_id: str, now: datetime, answer: bytes
) -> bool:
    """Whether this is the first answer to the question."""
    found = await session.scalar(
        update(UpstreamAttempt)
        .where(
            UpstreamAttempt.state_hash == state_hash,
            UpstreamAttempt.upstream_id == upstream_id,
            UpstreamAttempt.expires_at > now,
            UpstreamAttempt.sealed_answer.is_(None),
        )
        .values(sealed_answer=answer)
        .returning(UpstreamAttempt.state_hash)
    )
    return found is not None


async def take_offer(session: AsyncSession, *, secret_hash: str, now: datetime) -> UpstreamOffer | None:
    found: UpstreamOffer | None = await session.scalar(
        delete(UpstreamOffer)
        .where(and_(UpstreamOffer.secret_hash == secret_hash, UpstreamOffer.expires_at > now))
        .returning(UpstreamOffer)
    )
    return found


def identities_of(account_id: UUID) -> Identities:
    """What an account is linked with, locked, so that of two last ways in one stays."""
    return (
        select(UpstreamIdentity)
        .where(UpstreamIdentity.account_id == account_id)
        .order_by(UpstreamIdentity.id)
        .with_for_update()
    )


async def any_enabled(session: AsyncSession, upstream_ids: list[str]) -> bool:
    """Whether one of them lets people in."""
    found = await session.scalar(
        select(Upstream.id).where(Upstream.id.in_(upstream_ids), Upstream.is_enabled.is_(True)).limit(1)
    )
    return found is not None


async def any_of_kind(session: AsyncSession, kind: str) -> bool:
    """Whether a provider that speaks this protocol lets people in."""
    found = await session.scalar(
        select(Upstream.id).where(Upstream.kind == kind, Upstream.is_enabled.is_(True)).limit(1)
    )
    return found is not None
