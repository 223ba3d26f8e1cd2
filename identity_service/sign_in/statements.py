"""Writes of signing in, compiled once: what belongs together is one statement, done whole or not at all."""

from typing import Any, Final

from sqlalchemy import (
    CTE,
    DateTime,
    Select,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as insert_or_update

from identity_service.accounts.models import Account, PasswordCredential
from identity_service.audit import service as audit
from identity_service.devices.models import KnownDevice
from identity_service.limits.models import LimitCounter
from identity_service.mail import service as mail
from identity_service.sessions.models import SignInSession
from identity_service.sign_in.models import UnfinishedSignIn
from shared.db.query import Command

_NOW: Final = bindparam("now", type_=DateTime(timezone=True))
_ACCOUNT: Final = bindparam("account_id", type_=Uuid())
_NEW_HASH: Final = bindparam("new_browser_hash", type_=Text())
_FORGET: Final = delete(LimitCounter).where(
    LimitCounter.key_hash == any_(bindparam("counted", type_=ARRAY(Text())))
)


def _given(model: Any, *names: str, **others: Any) -> dict[str, Any]:
    """Values for columns of `model`, from parameters of the same name or of another."""
    types = model.__table__.c
    named = {name: name for name in names} | others
    return {
        column: bindparam(given, type_=types[column].type) if isinstance(given, str) else given
        for column, given in named.items()
    }


def _enter(live: Select[Any]) -> Command:
    """Start a session of an account that `live` finds at this moment, which whoever changes it waits for; or
    give the one that it has in this browser a new secret. With it the browser is known under a new secret,
    the audit log and the person are told, and guesses start again at nought. A row when it was done."""
    entered = _session(live.cte("live"))
    return Command(
        select(entered.c.id).add_cte(
            *_browser(entered),
            audit.one(entered).cte("told"),
            mail.one(entered).cte("mailed"),
            _FORGET.where(select(entered).exists()).cte("forgotten"),
        )
    )


def _session(live: CTE) -> CTE:
    row = _given(
        SignInSession,
        "realm",
        "amr",
        "auth_time",
        "user_agent",
        "address",
        id="session_id",
        account_id=_ACCOUNT,
        secret_hash=bindparam("session_hash", type_=Text()),
        created_at=_NOW,
        seen_at=_NOW,
        expires_at="session_ends_at",
    )
    started = insert_or_update(SignInSession).from_select(list(row), select(*row.values()).select_from(live))
    kept = started.excluded
    return (
        started.on_conflict_do_update(
            index_elements=[SignInSession.id],
            set_={
                "secret_hash": kept.secret_hash,
                "seen_at": kept.seen_at,
                "auth_time": func.greatest(SignInSession.auth_time, kept.auth_time),
                "amr": kept.amr,
            },
            where=SignInSession.ended_at.is_(None),
        )
        .returning(SignInSession.id)
        .cte("entered")
    )


def _browser(entered: CTE) -> tuple[CTE, CTE]:
    """The browser's secret is renewed for all accounts that were used in it; this one is, from now on."""
    given = _given(KnownDevice, "user_agent", "remembered_until", seen_at=_NOW, expires_at="known_until")
    trusted = func.coalesce(given["remembered_until"], KnownDevice.remembered_until)
    mine = {
        name: case((KnownDevice.account_id == _ACCOUNT, value), else_=KnownDevice.__table__.c[name])
        for name, value in (given | {"remembered_until": trusted}).items()
    }
    known = (
        update(KnownDevice)
        .where(KnownDevice.secret_hash == bindparam("old_browser_hash", type_=Text()))
        .where(KnownDevice.expires_at > _NOW, select(entered).exists())
        .values(mine | {"secret_hash": _NEW_HASH})
        .returning(KnownDevice.account_id)
        .cte("known")
    )
    row = given | _given(
        KnownDevice, id="browser_id", account_id=_ACCOUNT, secret_hash=_NEW_HASH, created_at=_NOW
    )
    is_known = select(known).where(known.c.account_id == _ACCOUNT).exists()
    values = select(*row.values()).select_from(entered).where(~is_known)
    return known, insert(KnownDevice).from_select(list(row), values).cte("new")


def _begin(live: Select[Any]) -> Command:
    """Keep a sign-in that is half done, of an account as for `_enter`. A row when it was done."""
    row = _given(
        UnfinishedSignIn,
        "id",
        "realm",
        "amr",
        "pending_id",
        "back_to",
        "proved_at",
        "secret_hash",
        "may_enrol",
        account_id=_ACCOUNT,
        tries=literal(0),
        created_at=_NOW,
        expires_at="ends_at",
    )
    values = select(*row.values()).select_from(live.cte("live"))
    begun = insert(UnfinishedSignIn).from_select(list(row), values).returning(UnfinishedSignIn.id)
    return Command(begun.add_cte(_FORGET.cte("forgotten")))


_LIVE: Final = (
    select(Account.id)
    .where(Account.id == _ACCOUNT, Account.deactivated_at.is_(None))
    .with_for_update(read=True)
)
_LIVE_WITH_PASSWORD: Final = _LIVE.join(
    PasswordCredential, PasswordCredential.account_id == Account.id
).where(PasswordCredential.password_hash == bindparam("password_hash"))
"""While the password is the one that was compared."""
_LIVE_IN_SESSION: Final = _LIVE.join(SignInSession, SignInSession.account_id == Account.id).where(
    SignInSession.id == bindparam("session_id", type_=Uuid()), SignInSession.ended_at.is_(None)
)
"""While the session goes on in which the proof was given."""
ENTER, ENTER_BY_PASSWORD = _enter(_LIVE), _enter(_LIVE_WITH_PASSWORD)
BEGIN, BEGIN_BY_PASSWORD = _begin(_LIVE), _begin(_LIVE_WITH_PASSWORD)
BEGIN_IN_SESSION: Final = _begin(_LIVE_IN_SESSION)

REHASH: Final = Command(
    update(PasswordCredential)
    .where(
        PasswordCredential.account_id == _ACCOUNT,
        PasswordCredential.password_hash == bindparam("password_hash"),
    )
    .values(password_hash=bindparam("fresh_hash"))
)
"""The same password, hashed with more."""
