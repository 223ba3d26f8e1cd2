"""Starting, finding and touching sessions. Ending one, with what hangs on it, is in `grants.service`."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from identity_service.accounts.models import Account
from identity_service.sealing import hashed
from identity_service.sessions import queries, words
from identity_service.sessions.models import SignInSession
from identity_service.visit import Caller, Visit
from shared.db.query import Writer
from shared.web.settings import cookie_name

_TOUCH_EVERY = timedelta(minutes=1)


def cookie(caller: Caller, realm: str) -> str:
    """The name of the cookie of one realm's session."""
    return cookie_name("identity", caller.settings.identity_public_url, realm)


async def find(visit: Visit, realm: str, secret: str | None) -> SignInSession | None:
    """The live session behind a cookie, of a live account of this realm."""
    if not secret:
        return None
    idle, _ = visit.settings.session_life(realm)
    session = await visit.session.scalar(
        select(SignInSession)
        .join(Account, Account.id == SignInSession.account_id)
        .where(
            SignInSession.secret_hash == hashed(secret),
            SignInSession.realm == realm,
            SignInSession.ended_at.is_(None),
            SignInSession.expires_at > visit.now,
            SignInSession.seen_at > visit.now - idle,
            Account.deactivated_at.is_(None),
        )
    )
    if session is not None and session.seen_at < visit.now - _TOUCH_EVERY:
        session.seen_at, session.address = visit.now, visit.address
    return session


async def touch(
    writer: Writer, session_id: UUID, seen_at: datetime, now: datetime, *, address: str | None = None
) -> None:
    """The session is in use, by its browser when the address is given. Kept once a minute."""
    if seen_at < now - _TOUCH_EVERY:
        await writer.run(queries.TOUCH, session_id=session_id, now=now, address=address)


@dataclass(frozen=True, slots=True)
class SessionView:
    """A browser in which somebody is signed in, as its owner is told of it."""

    id: UUID
    browser: str
    place: str
    created_at: datetime
    seen_at: datetime


async def live(visit: Visit, account: Account) -> list[SessionView]:
    """The account's live sessions, the one seen last first."""
    idle, _ = visit.settings.session_life(account.realm)
    rows = await visit.reader.all(
        queries.LIVE, account_id=account.id, now=visit.now, idle_since=visit.now - idle
    )
    return [
        SessionView(
            id=row["id"],
            browser=words.browser(row["user_agent"]),
            place=words.place(row["address"]),
            created_at=row["created_at"],
            seen_at=row["seen_at"],
        )
        for row in rows
    ]


async def account_of(visit: Visit, session: SignInSession) -> Account:
    account = await visit.session.get(Account, session.account_id)
    assert account is not None, "a foreign key holds it"
    return account


def session_id(sid: object) -> UUID | None:
    """The id a `sid` claim holds, if it is one at all."""
    try:
        return UUID(sid) if isinstance(sid, str) else None
    except ValueError:
        return None
