"""Trying a password."""

from identity_service.accounts.errors import BadEmail
from identity_service.accounts.service import email_key
from identity_service.audit import service as audit
from identity_service.factors import levels
from identity_service.limits import service as limits
from identity_service.sealing import hashed
from identity_service.sign_in import queries, statements
from identity_service.sign_in.proof import Browser, Proof
from identity_service.visit import Caller
from shared.db.query import Row


async def prove(caller: Caller, *, realm: str, email: str, password: str, browser: Browser) -> Proof | None:
    """The proof that a password is; None, with a trace in the audit log, for one that fits no account.
    Raises TooManyAttempts.

    The same work is done for an unknown address as for a wrong password. No transaction is held while argon2
    runs: whoever lets the person in looks again.
    """
    try:
        key = email_key(email)
    except BadEmail:
        key = ""
    row = await caller.reader.first(
        queries.AT_DOOR,
        realm=realm,
        email_key=key,
        browser_hash=hashed(browser.known_by or ""),
        now=caller.now,
    )
    counted = await _count(caller, realm, key, row)
    stored = row["password_hash"] if row else None
    verdict = await caller.services.passwords.verify(stored, password)
    account_id = row["account_id"] if row and stored else None
    if account_id is None or not verdict.is_right:
        await audit.append(
            caller.writer,
            "sign_in.failed",
            at=caller.now,
            account_id=account_id,
            address=caller.address,
            realm=realm,
        )
        return None
    if verdict.is_outdated:
        fresh = await caller.services.passwords.hash(password)
        await caller.writer.run(
            statements.REHASH, account_id=account_id, password_hash=stored, fresh_hash=fresh
        )
        stored = fresh
    return Proof(account_id, realm, [levels.PASSWORD], stored, counted)


async def _count(caller: Caller, realm: str, key: str, row: Row | None) -> limits.Key:
    """Count an attempt before it is made, and say what a success starts again.

    A browser in which the account was used before counts for itself: nobody who guesses from elsewhere,
    however many they are, keeps its person out.
    """
    if row is not None and row["browser_id"] is not None:
        here = limits.PASSWORD_DEVICE.key(str(row["browser_id"]))
        await caller.services.limiter.take(here)
        return here
    here = limits.PASSWORD_HERE.key(realm, key, caller.address)
    await caller.services.limiter.take(
        here, limits.PASSWORD_ACCOUNT.key(realm, key), limits.PASSWORD_ADDRESS.key(caller.address)
    )
    return here
