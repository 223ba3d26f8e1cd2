"""How lately, and how well, an administrator has to have proved who they are."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, or_, select

from identity_service.accounts.models import Account
from identity_service.factors.models import Passkey, TotpCredential
from identity_service.visit import Visit
from shared.kernel.errors import Unauthenticated

FRESH_FOR: Final = timedelta(minutes=10)
_SECOND: Final = frozenset({"mfa", "otp", "hwk", "swk", "pop"})
"""Methods (RFC 8176) that are more than a password."""


class ProofTooOld(Unauthenticated):
    """Sign in again (`max_age`), with a second factor where the account has one."""

    code = "admin.prove_again"
    title = "Sign in again: this asks for a proof that is ten minutes old at most"


async def is_enough(visit: Visit, account: Account, *, auth_time: datetime, amr: list[str]) -> bool:
    """Proved within ten minutes, and with a second factor by those who have one."""
    if auth_time < visit.now - FRESH_FOR:
        return False
    if _SECOND & set(amr):
        return True
    has_one = select(
        or_(
            exists().where(TotpCredential.account_id == account.id, TotpCredential.confirmed_at.is_not(None)),
            exists().where(Passkey.account_id == account.id),
        )
    )
    return not await visit.session.scalar(has_one)


async def require(visit: Visit, account: Account, *, auth_time: datetime, amr: list[str]) -> None:
    """Raises ProofTooOld."""
    if not await is_enough(visit, account, auth_time=auth_time, amr=amr):
        raise ProofTooOld(data={"max_age": int(FRESH_FOR.total_seconds())})
