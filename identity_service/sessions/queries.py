"""SELECTs on sessions that run outside a transaction."""

from typing import Any

from sqlalchemy import bindparam, select

from identity_service.sessions.models import SignInSession
from shared.db.query import Query

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
