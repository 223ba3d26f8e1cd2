"""Which factors an account has; the codes it may answer with; adding and removing, told to the person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import delete, or_

from identity_service.accounts.models import Account
from identity_service.audit import service as audit
from identity_service.factors import passkeys, queries, recovery, totp
from identity_service.factors.errors import FactorNeeded
from identity_service.factors.models import Passkey, TotpCredential
from identity_service.mail import service as mail
from identity_service.policy import service as policies
from identity_service.policy.service import Policy
from identity_service.visit import Caller, Visit
from shared.db.query import Row

HELD: Final = queries.held(Account.id)
"""Columns of a SELECT on accounts, for `Factors.held`."""


@dataclass(frozen=True, slots=True)
class Factors:
    """What an account can answer with when a second factor is asked for. Recovery codes stand in for one; by
    themselves they are none."""

    has_totp: bool
    passkeys: int
    recovery_codes: int

    @property
    def count(self) -> int:
        return self.passkeys + self.has_totp

    @classmethod
    def held(cls, row: Row, policy: Policy) -> "Factors":
        """From a row with `HELD`, as far as the realm's policy lets them count."""
        keys = row["passkeys"] if policy.allows_passkeys else 0
        return cls(row["confirmed_at"] is not None, keys, row["recovery_codes"])


async def of(visit: Visit, account: Account) -> Factors:
    """The factors of an account, as far as its realm's policy lets them count."""
    row = await visit.writer.first(queries.COUNTS, account_id=account.id)
    assert row is not None, "counts are always one row"
    return Factors.held(row, await policies.get(visit.session, account.realm))


async def check_code(visit: Visit, account: Account, code: str) -> bool:
    """Whether this is a code of the app or a recovery code, which is used up by that. A trace stays either
    way; a used recovery code is told to the person."""
    if await totp.check(visit, account.id, code):
        return True
    if not await recovery.use(visit, account.id, code):
        _record(visit, "factor.failed", account.id)
        return False
    left = (await of(visit, account)).recovery_codes
    _record(visit, "recovery_code.used", account.id, left=left)
    tell(visit, account, "recovery_used", left=left)
    return True


async def confirm_totp(visit: Visit, account: Account, code: str, *, place: UUID) -> list[str] | None:
    """Make the app count that was shown at this place (`totp.setup`). The first recovery codes, or an empty
    list where there are some; None for a wrong code."""
    if not await totp.confirm(visit, account.id, code, place=place):
        _record(visit, "factor.failed", account.id)
        return None
    _record(visit, "totp.added", account.id)
    tell(visit, account, "factor_added", what="An authenticator app")
    return await _first_codes(visit, account)


async def keep_passkey(
    visit: Visit, account: Account, *, question_id: UUID | None, answer: str, name: str
) -> list[str] | None:
    """Keep a passkey that the browser made. The first recovery codes, or an empty list where there are some;
    None for an answer that does not hold."""
    passkey = await passkeys.register(visit, account, question_id=question_id, answer=answer, name=name)
    if passkey is None:
        return None
    _record(visit, "passkey.added", account.id)
    tell(visit, account, "factor_added", what=f"The passkey “{passkey.name}”")
    return await _first_codes(visit, account)


async def renew_recovery(visit: Visit, account: Account) -> list[str]:
    """New recovery codes; the old ones are void."""
    codes = await recovery.renew(visit, account.id)
    _record(visit, "recovery_codes.renewed", account.id)
    tell(visit, account, "recovery_renewed")
    return codes


async def remove_totp(visit: Visit, account: Account) -> None:
    """Raises FactorNeeded when the policy wants two factors and this is the last second one."""
    factors = await of(visit, account)
    if not factors.has_totp:
        return
    await _may_lose_one(visit, account, factors)
    await totp.remove(visit, account.id)
    await _removed(visit, account, "totp.removed", "The authenticator app")


async def remove_passkey(visit: Visit, account: Account, passkey_id: UUID) -> None:
    """Raises NotFound; FactorNeeded when the policy wants two factors and this is the last second one."""
    factors = await of(visit, account)
    if factors.passkeys:
        await _may_lose_one(visit, account, factors)
    name = await passkeys.remove(visit, account.id, passkey_id)
    await _removed(visit, account, "passkey.removed", f"The passkey “{name}”")


async def remove_all(visit: Visit, account: Account) -> None:
    """Every factor but the password, for somebody who lost them all: by an administrator, or at closing."""
    for passkey in await queries.passkeys(visit.session, account.id):
        await visit.session.delete(passkey)
    await totp.remove(visit, account.id)
    await recovery.remove(visit, account.id)
    _record(visit, "factors.reset", account.id)
    tell(visit, account, "factor_removed", what="Every second factor")


async def remove_since(visit: Visit, account: Account, since: datetime) -> None:
    """What somebody else may have added to an account, or copied from its pages: the factors made at `since`
    or later, and every recovery code."""
    session = visit.session
    await session.execute(
        delete(Passkey).where(Passkey.account_id == account.id, Passkey.created_at >= since)
    )
    await session.execute(
        delete(TotpCredential).where(
            TotpCredential.account_id == account.id,
            or_(TotpCredential.created_at >= since, TotpCredential.confirmed_at >= since),
        )
    )
    await recovery.remove(visit, account.id)
    _record(visit, "factors.reset", account.id, since=since.isoformat())


async def listed_passkeys(visit: Visit, account_id: UUID) -> list[Passkey]:
    return await queries.passkeys(visit.session, account_id)


def tell(visit: Visit, account: Account, letter: str, **values: Any) -> None:
    """Mail about the account's safety, with a link to where it can be looked after."""
    link = care_link(visit, account.realm)
    mail.write(visit, letter, to=account.email, locale=account.locale, link=link, **values)


def care_link(caller: Caller, realm: str) -> str:
    """Where to look after an account of which one was told what one did not do."""
    return f"{caller.settings.identity_public_url}/reset-password?{urlencode({'realm': realm})}"


async def _first_codes(visit: Visit, account: Account) -> list[str]:
    if (await of(visit, account)).recovery_codes:
        return []
    return await recovery.renew(visit, account.id)


async def _may_lose_one(visit: Visit, account: Account, factors: Factors) -> None:
    policy = await policies.get(visit.session, account.realm)
    if policy.requires_mfa and factors.count <= 1:
        raise FactorNeeded


async def _removed(visit: Visit, account: Account, event: str, what: str) -> None:
    if not (await of(visit, account)).count:
        await recovery.remove(visit, account.id)
    _record(visit, event, account.id)
    tell(visit, account, "factor_removed", what=what)


def _record(visit: Visit, event: str, account_id: UUID, **details: Any) -> None:
    audit.record(visit.session, event, at=visit.now, account_id=account_id, address=visit.address, **details)
