"""Announcing security events, and handing them over to each receiver until it has them (RFC 8936)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from joserfc import jwt
from sqlalchemy import any_, delete, func, insert, literal, select

from identity_service.clients.models import Client
from identity_service.events.kinds import EventKind
from identity_service.events.models import SecurityEvent, SecurityEventDelivery
from identity_service.visit import Visit

KEPT_FOR = timedelta(days=30)
"""A receiver that was away for longer than this has nothing left that an event could end."""
MOST = 100
"""Events in one answer, at most."""
TYPE = "secevent+jwt"


@dataclass(frozen=True, slots=True)
class Batch:
    """What a poll is answered with: signed event tokens by their `jti`, oldest first."""

    sets: dict[str, str]
    more_available: bool


async def announce(
    visit: Visit,
    kind: EventKind,
    *,
    account_id: UUID,
    realm: str,
    session_id: UUID | None = None,
    **payload: Any,
) -> None:
    """Add an event to the transaction, for every service that admits the realm's people. The payload holds
    what the event's type defines, and never a secret."""
    event_id = uuid4()
    visit.session.add(
        SecurityEvent(
            id=event_id,
            kind=kind,
            account_id=account_id,
            session_id=session_id,
            payload=payload,
            at=visit.now,
        )
    )
    await visit.session.flush()
    receivers = select(Client.id, literal(event_id)).where(
        func.cardinality(Client.serves) > 0, literal(realm) == any_(Client.realms)
    )
    await visit.session.execute(
        insert(SecurityEventDelivery).from_select(["client_id", "event_id"], receivers)
    )


async def poll(visit: Visit, client_id: str, *, acknowledged: Collection[UUID], limit: int) -> Batch:
    """Forget what the receiver acknowledged and give it what comes next (RFC 8936 section 2.4)."""
    mine = SecurityEventDelivery.client_id == client_id
    if acknowledged:
        await visit.session.execute(
            delete(SecurityEventDelivery).where(mine, SecurityEventDelivery.event_id.in_(acknowledged))
        )
    waiting = await visit.session.scalars(
        select(SecurityEvent)
        .join(SecurityEventDelivery, SecurityEventDelivery.event_id == SecurityEvent.id)
        .where(mine)
        .order_by(SecurityEvent.arrival)
        .limit(limit + 1)
    )
    events = waiting.all()
    sets = {str(event.id): _signed(visit, event, client_id) for event in events[:limit]}
    return Batch(sets, more_available=len(events) > limit)


async def prune(visit: Visit) -> None:
    """Delete events that everybody has, or that are too old to matter."""
    undelivered = select(SecurityEventDelivery.event_id)
    await visit.session.execute(
        delete(SecurityEvent).where(
            SecurityEvent.id.not_in(undelivered) | (SecurityEvent.at < visit.now - KEPT_FOR)
        )
    )


def _signed(visit: Visit, event: SecurityEvent, client_id: str) -> str:
    """A security event token (RFC 8417). It has no `sub` and no `exp`, so that nothing takes it for another
    kind of token (section 4)."""
    key = visit.services.keys.signer("ES256", visit.now)
    claims = {
        "iss": visit.settings.issuer,
        "aud": client_id,
        "iat": int(visit.now.timestamp()),
        "jti": str(event.id),
        "sub_id": _subject(visit, event),
        "events": {event.kind: event.payload | {"event_timestamp": _seconds(event.at)}},
    }
    return jwt.encode({"alg": "ES256", "typ": TYPE, "kid": key.kid}, claims, key, algorithms=["ES256"])


def _subject(visit: Visit, event: SecurityEvent) -> dict[str, Any]:
    """RFC 9493: the account by issuer and `sub`; with the session when it is about one session alone."""
    user = {"format": "iss_sub", "iss": visit.settings.issuer, "sub": str(event.account_id)}
    if event.session_id is None:
        return user
    return {"format": "complex", "user": user, "session": {"format": "opaque", "id": str(event.session_id)}}


def _seconds(at: datetime) -> float:
    return round(at.timestamp(), 6)
