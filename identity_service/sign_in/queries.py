"""Every SELECT of signing in: each tells in one row all that the next step hangs on."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, bindparam, case, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from identity_service.accounts.models import Account, PasswordCredential
from identity_service.devices.models import KnownDevice
from identity_service.factors.service import HELD
from identity_service.policy.models import SignInPolicy
from identity_service.policy.service import COLUMNS as POLICY
from identity_service.sessions.models import SignInSession
from identity_service.sign_in.models import UnfinishedSignIn
from shared.db.query import Query

_NOW: Final[Any] = bindparam("now")
_THIS_BROWSER: Final = and_(
    KnownDevice.account_id == Account.id,
    KnownDevice.secret_hash == bindparam("browser_hash"),
    KnownDevice.expires_at > _NOW,
)
_IS_OPEN: Final = and_(Account.deactivated_at.is_(None), Account.email_verified_at.is_not(None))

_AT_DOOR: Final[tuple[Any, ...]] = (
    Account.id.label("account_id"),
    case((_IS_OPEN, PasswordCredential.password_hash)).label("password_hash"),
    KnownDevice.id.label("browser_id"),
)
AT_DOOR: Final = Query(
    select(*_AT_DOOR)
    .select_from(Account)
    .outerjoin(PasswordCredential, PasswordCredential.account_id == Account.id)
    .outerjoin(KnownDevice, _THIS_BROWSER)
    .where(Account.realm == bindparam("realm"), Account.email_key == bindparam("email_key"))
)
"""Before any proof: against what a password is compared, and whether this browser is one of the account's."""

_Any: Final = aliased(KnownDevice)
_STANDING: Final[tuple[Any, ...]] = (
    Account.email,
    Account.locale,
    *POLICY,
    *HELD,
    KnownDevice.id.label("browser_id"),
    KnownDevice.remembered_until,
    exists().where(_Any.account_id == Account.id).label("has_browsers"),
    SignInSession.id.label("session_id"),
    SignInSession.account_id.label("session_of"),
)
STANDING: Final = Query(
    select(*_STANDING)
    .select_from(Account)
    .outerjoin(SignInPolicy, SignInPolicy.realm == Account.realm)
    .outerjoin(KnownDevice, _THIS_BROWSER)
    .outerjoin(
        SignInSession,
        and_(
            SignInSession.secret_hash == bindparam("session_hash"),
            SignInSession.realm == Account.realm,
            SignInSession.ended_at.is_(None),
            SignInSession.expires_at > _NOW,
            SignInSession.seen_at > bindparam("idle_since"),
        ),
    )
    .where(Account.id == bindparam("account_id"), Account.deactivated_at.is_(None))
)
"""After a proof: the account, its realm's policy, its factors, this browser, and who is signed in in it."""

_UNFINISHED: Final[tuple[Any, ...]] = (UnfinishedSignIn.account_id, KnownDevice.id.label("browser_id"))
UNFINISHED: Final = Query(
    select(*_UNFINISHED)
    .select_from(UnfinishedSignIn)
    .join(Account, Account.id == UnfinishedSignIn.account_id)
    .outerjoin(KnownDevice, _THIS_BROWSER)
    .where(
        UnfinishedSignIn.realm == bindparam("realm"),
        UnfinishedSignIn.secret_hash == bindparam("secret_hash"),
        UnfinishedSignIn.expires_at > _NOW,
    )
)
"""Whose half-done sign-in waits, and whether this browser is one of theirs."""


async def unfinished(
    session: AsyncSession, realm: str, secret_hash: str, now: datetime
) -> UnfinishedSignIn | None:
    """Locked, after its account: whoever ends all sessions of that ends this one, too."""
    found: UnfinishedSignIn | None = await session.scalar(
        select(UnfinishedSignIn)
        .join(Account, Account.id == UnfinishedSignIn.account_id)
        .where(
            UnfinishedSignIn.realm == realm,
            UnfinishedSignIn.secret_hash == secret_hash,
            UnfinishedSignIn.expires_at > now,
            Account.deactivated_at.is_(None),
        )
        .with_for_update(of=(Account, UnfinishedSignIn), key_share=True)
    )
    return found
