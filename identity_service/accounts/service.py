"""Accounts: finding and making them, and signing in by password."""

import re
import unicodedata
from dataclasses import dataclass
from uuid import UUID, uuid4

from identity_service.accounts import queries
from identity_service.accounts.errors import BadEmail, BadName
from identity_service.accounts.models import Account, Organisation, PasswordCredential
from identity_service.audit import service as audit
from identity_service.limits import service as limits
from identity_service.visit import Caller, Visit
from shared.kernel.text import clean_line

_EMAIL = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@[^\s@<>()\[\],;:\\\"]+\.?[^\s@<>()\[\],;:\\\"]+")


@dataclass(frozen=True, slots=True)
class Attempt:
    """A password that was tried, and what has to be written down about it. `counted` is the limit it took
    from; `fresh_hash` replaces a hash made with older parameters."""

    realm: str
    account_id: UUID | None
    counted: limits.Key
    is_right: bool
    fresh_hash: str | None


def email_key(email: str) -> str:
    """The form in which addresses are compared. Raises BadEmail.

    NFKC and case are folded; dots and tags are left alone, since only the provider knows their meaning. What
    looks like an encoded word (RFC 2047) would be another address in the header of a mail.
    """
    if len(email) > 254:
        raise BadEmail
    folded = unicodedata.normalize("NFKC", email).strip().casefold()
    if len(folded) > 254 or not _EMAIL.fullmatch(folded) or not folded.isprintable() or "=?" in folded:
        raise BadEmail
    return folded


def clean_name(name: str) -> str:
    """Raises BadName."""
    cleaned = clean_line(name)
    if not 1 <= len(cleaned) <= 80:
        raise BadName
    return cleaned


async def by_address(visit: Visit, *, realm: str, email: str) -> Account | None:
    """The account of an e-mail address, verified or not. Raises BadEmail."""
    return await queries.by_email(visit.session, realm, email_key(email))


async def organisation_named(visit: Visit, name: str) -> Organisation | None:
    return await queries.organisation_by_name(visit.session, name)


async def organisation_of(visit: Visit, account: Account) -> Organisation | None:
    """The organisation somebody belongs to."""
    if account.organisation_id is None:
        return None
    return await visit.session.get(Organisation, account.organisation_id)


async def by_password(
    caller: Caller, *, realm: str, email: str, password: str, device_id: UUID | None = None
) -> Attempt:
    """Try a password. Raises TooManyAttempts.

    A browser in which the account was used before (`device_id`) counts for itself: nobody who guesses from
    elsewhere, however many they are, keeps its person out.

    The same work is done for an unknown address as for a wrong password. It needs no transaction, so that
    none is held while argon2 runs; `settle` writes down what came of it.
    """
    try:
        key = email_key(email)
    except BadEmail:
        key = ""
    services, here = caller.services, limits.PASSWORD_HERE.key(realm, key, caller.address)
    if device_id is not None:
        here = limits.PASSWORD_DEVICE.key(str(device_id))
        await services.limiter.take(here)
    else:
        await services.limiter.take(
            here, limits.PASSWORD_ACCOUNT.key(realm, key), limits.PASSWORD_ADDRESS.key(caller.address)
        )
    stored = await caller.reader.first(queries.STORED_PASSWORD, realm=realm, email_key=key)
    verdict = await services.passwords.verify(stored["password_hash"] if stored else None, password)
    fresh = await services.passwords.hash(password) if verdict.is_outdated else None
    account_id = stored["id"] if stored else None
    return Attempt(realm, account_id, here, is_right=verdict.is_right, fresh_hash=fresh)


async def settle(visit: Visit, attempt: Attempt) -> Account | None:
    """The account that an attempt opened; None, with a trace in the audit log, for one that failed."""
    if attempt.account_id is None or not attempt.is_right:
        audit.record(
            visit.session,
            "sign_in.failed",
            at=visit.now,
            account_id=attempt.account_id,
            address=visit.address,
            realm=attempt.realm,
        )
        return None
    await limits.forget(visit.session, attempt.counted)
    if attempt.fresh_hash is not None:
        await keep_password(visit, attempt.account_id, attempt.fresh_hash)
    return await visit.session.get(Account, attempt.account_id)


def new_account(visit: Visit, *, realm: str, email: str, name: str) -> Account:
    """Add an account, with no roles, no password and no proven address yet."""
    account = Account(
        id=uuid4(),
        realm=realm,
        email=email.strip(),
        email_key=email_key(email),
        name=name,
        roles=[],
        created_at=visit.now,
        updated_at=visit.now,
    )
    visit.session.add(account)
    return account


async def keep_password(visit: Visit, account_id: UUID, password_hash: str) -> None:
    """Make this the account's password."""
    credential = await visit.session.get(PasswordCredential, account_id)
    if credential is None:
        credential = PasswordCredential(account_id=account_id)
        visit.session.add(credential)
    credential.password_hash = password_hash
    credential.changed_at = visit.now


async def give_password(visit: Visit, account: Account, password: str) -> None:
    """Set a password without a link: for demo content and test set-ups only."""
    if not await has_password(visit, account, password):
        await keep_password(visit, account.id, await visit.services.passwords.hash(password))


async def has_password(visit: Visit, account: Account, password: str) -> bool:
    """Whether this is the account's password already."""
    stored = await visit.session.get(PasswordCredential, account.id)
    return (
        stored is not None
        and (await visit.services.passwords.verify(stored.password_hash, password)).is_right
    )
