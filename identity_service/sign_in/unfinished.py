"""Sign-ins that are half done: kept here, found by a cookie of their own, for ten minutes."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete

from identity_service.accounts.models import Account
from identity_service.factors import service as factors
from identity_service.limits import service as limits
from identity_service.sealing import hashed, new_secret
from identity_service.sign_in import queries, statements
from identity_service.sign_in.errors import TooLate
from identity_service.sign_in.models import UnfinishedSignIn
from identity_service.sign_in.proof import Browser, Proof, Way
from identity_service.visit import Caller, Visit
from shared.kernel.ids import new_id
from shared.web.settings import cookie_name

LIFE = timedelta(minutes=10)
MOST_TRIES = 5
"""Wrong codes after which the first factor has to be given again."""


def cookie(caller: Caller, realm: str) -> str:
    """The name of the cookie that holds a half-done sign-in."""
    return cookie_name("identity", caller.settings.identity_public_url, f"{realm}-second")


async def begin(caller: Caller, proof: Proof, *, way: Way, may_enrol: bool) -> str:
    """Keep what was proved so far. Returns the secret for the cookie. Raises TooLate."""
    secret = new_secret()
    statement = statements.BEGIN_IN_SESSION if proof.session_id else statements.BEGIN
    begun = await caller.writer.run(
        statements.BEGIN_BY_PASSWORD if proof.password_hash else statement,
        id=new_id(),
        secret_hash=hashed(secret),
        account_id=proof.account_id,
        realm=proof.realm,
        amr=proof.amr,
        pending_id=way.pending_id,
        back_to=way.back_to,
        proved_at=way.proved_at,
        may_enrol=may_enrol,
        password_hash=proof.password_hash,
        session_id=proof.session_id,
        counted=[proof.counted.hash] if proof.counted else [],
        now=caller.now,
        ends_at=caller.now + LIFE,
    )
    if not begun:
        raise TooLate
    return secret


async def at_door(
    caller: Caller, realm: str, secret: str | None, browser: Browser
) -> tuple[UUID, UUID | None] | None:
    """Whose sign-in waits, and which of their browsers this is, if any; outside any transaction."""
    if not secret:
        return None
    row = await caller.reader.first(
        queries.UNFINISHED,
        realm=realm,
        secret_hash=hashed(secret),
        browser_hash=hashed(browser.known_by or ""),
        now=caller.now,
    )
    return (row["account_id"], row["browser_id"]) if row else None


async def find(visit: Visit, realm: str, secret: str | None) -> UnfinishedSignIn | None:
    """The half-done sign-in behind a cookie, locked, while it is fresh and its account lives."""
    if not secret:
        return None
    return await queries.unfinished(visit.session, realm, hashed(secret), visit.now)


async def count_try(caller: Caller, account_id: UUID, device_id: UUID | None) -> None:
    """Count a code before it is compared. Raises TooManyAttempts.

    A browser that is known counts for itself, so that nobody who guesses elsewhere shuts its person out.
    """
    if device_id is not None:
        keys = [limits.CODE_DEVICE.key(str(device_id))]
    else:
        keys = [limits.CODE_ACCOUNT.key(str(account_id)), limits.CODE_ACCOUNT_HOUR.key(str(account_id))]
    await caller.services.limiter.take(*keys)


async def warn(caller: Caller, account_id: UUID) -> None:
    """Tell the person, once a day, that somebody has their password and guesses codes."""
    try:
        await caller.services.limiter.take(limits.CODE_WARNING.key(str(account_id)))
    except limits.TooManyAttempts:
        return
    async with caller.begin() as visit:
        account = await visit.session.get_one(Account, account_id)
        factors.tell(visit, account, "codes_guessed")


async def failed(visit: Visit, row: UnfinishedSignIn) -> bool:
    """Write down a wrong answer. False when that was the last one allowed."""
    row.tries += 1
    if row.tries >= MOST_TRIES:
        await visit.session.delete(row)
        return False
    return True


async def prune(visit: Visit) -> None:
    await visit.session.execute(delete(UnfinishedSignIn).where(UnfinishedSignIn.expires_at < visit.now))
