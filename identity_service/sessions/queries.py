"""Statements on sessions that go past the ORM."""

from typing import Any

from sqlalchemy import Text, bindparam, func, select, update

from identity_service.sessions.models import SignInSession
from shared.db.query import Command, Query

_COLUMNS: tuple[Any, ...] = (
    SignInSession.id,
    SignInSession.user_agent,
    SignInSession.address,
    SignInSession.created_at,
    SignInSession.seen_at,
    SignInSession.auth_time,
)
LIVE = Query(
    select(*_COLUMNS)
    .where(
        SignInSession.account_id == bindparam("account_id"),
        SignInSession.ended_at.is_(None),
        SignInSession.expires_at > bindparam("now"),
        SignInSession.seen_at > bindparam("idle_since"),
    )
    .order_by(SignInSession.seen_at.desc(), SignInSession.id)
    .limit(100)
)
TOUCH = Command(
    update(SignInSession)
    .where(SignInSession.id == bindparam("session_id"))
    .values(
        seen_at=bindparam("now"),
        address=func.coalesce(bindparam("address", type_=Text()), SignInSession.address),
    )
)
