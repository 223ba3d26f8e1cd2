"""Applying security events: what ended at identity ends here."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.oidc.names import EventKind
from shared.oidc.security_events import SecurityEvent
from shared.tools.people import service as people
from shared.tools.people.models import Person
from shared.tools.sign_in.models import HeardEvent, IdentityContact, Revocation, WebSession
from shared.tools.spaces.models import GroupMember

KEPT_FOR = timedelta(days=1)
"""Longer than any access token lives."""
HEARD_FOR = timedelta(days=31)
"""Longer than identity keeps an event for us."""
NOBODY = "Former member"


def digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


async def apply(session: AsyncSession, events: Iterable[SecurityEvent], now: datetime) -> None:
    """Do what the events say, and remember that identity answered. What was applied before is left alone,
    so that nothing goes back in time when an event comes again."""
    for event in events:
        heard = insert(HeardEvent).values(id=event.id, heard_at=now).on_conflict_do_nothing()
        if (await session.execute(heard.returning(HeardEvent.id))).first() is not None:
            await _apply(session, event, now)
    contact = insert(IdentityContact).values(id=1, answered_at=now)
    await session.execute(
        contact.on_conflict_do_update(
            index_elements=[IdentityContact.id],
            set_={"answered_at": func.greatest(IdentityContact.answered_at, now)},
        )
    )


async def _apply(session: AsyncSession, event: SecurityEvent, now: datetime) -> None:
    match event.kind:
        case EventKind.SESSION_REVOKED if event.sid is not None:
            await _revoke(session, event.sid, event.at)
            await session.execute(delete(WebSession).where(WebSession.identity_sid == event.sid))
        case EventKind.SESSION_REVOKED:
            await _end_all(session, event)
        case EventKind.DISABLED:
            await _end_all(session, event)
            await _change(session, event, active=False, updated_at=now)
        case EventKind.ENABLED:
            await _change(session, event, active=True, updated_at=now)
        case EventKind.PURGED:
            await _purge(session, event, now)
        case EventKind.CLAIMS_CHANGED:
            await _follow_claims(session, event, now)


async def _end_all(session: AsyncSession, event: SecurityEvent) -> None:
    """End what the account had until then; who signed in since stays."""
    await _revoke(session, event.sub, event.at)
    await session.execute(
        delete(WebSession).where(
            WebSession.person_id == select(Person.id).where(Person.sub == event.sub).scalar_subquery(),
            WebSession.created_at <= event.at,
        )
    )


async def _revoke(session: AsyncSession, subject: str, at: datetime) -> None:
    row = insert(Revocation).values(id=subject, digest=digest(subject), not_before=at)
    await session.execute(
        row.on_conflict_do_update(
            index_elements=[Revocation.id],
            set_={"not_before": func.greatest(Revocation.not_before, row.excluded.not_before)},
        )
    )


async def _purge(session: AsyncSession, event: SecurityEvent, now: datetime) -> None:
    """Nothing here tells any more whose profile it was; what the person wrote stays."""
    await _revoke(session, event.sub, event.at)
    person_id = await session.scalar(select(Person.id).where(Person.sub == event.sub))
    if person_id is None:
        return
    await session.execute(delete(WebSession).where(WebSession.person_id == person_id))
    await session.execute(delete(GroupMember).where(GroupMember.person_id == person_id))
    await _change(
        session,
        event,
        sub=None,
        name=NOBODY,
        bio="",
        roles=[],
        time_zone="UTC",
        active=False,
        updated_at=now,
    )


async def _follow_claims(session: AsyncSession, event: SecurityEvent, now: datetime) -> None:
    changes: dict[str, Any] = {}
    name, roles = event.claims.get("name"), event.claims.get("roles")
    if isinstance(name, str):
        changes["name"] = people.shown_name(name)
    if isinstance(roles, list) and all(isinstance(role, str) for role in roles):
        changes["roles"] = sorted(roles)
    newer = Person.told_at.is_(None) | (Person.told_at <= event.at)
    if changes:
        await _change(session, event, newer, **changes, told_at=event.at, updated_at=now)


async def _change(
    session: AsyncSession, event: SecurityEvent, *conditions: ColumnElement[bool], **values: Any
) -> None:
    whose = (Person.sub == event.sub) & Person.merged_into.is_(None)
    await session.execute(update(Person).where(whose, *conditions).values(**values))


async def forget_old(session: AsyncSession, now: datetime) -> None:
    """What can no longer matter."""
    await session.execute(delete(Revocation).where(Revocation.not_before < now - KEPT_FOR))
    await session.execute(delete(HeardEvent).where(HeardEvent.heard_at < now - HEARD_FOR))
