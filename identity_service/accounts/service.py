"""Use cases of accounts: signing in by password, registering, setting a password by a one-time link."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID, uuid4

from sqlalchemy import delete

from identity_service.accounts import passwords as rules
from identity_service.accounts import queries
from identity_service.accounts.errors import BadEmail, BadName, LinkSpent
from identity_service.accounts.models import Account, EmailProof, Organisation, PasswordCredential
from identity_service.audit import service as audit
from identity_service.limits import service as limits
from identity_service.mail import service as mail
from identity_service.sealing import hashed, new_secret
from identity_service.visit import Visit
from shared.kernel.ids import new_id
from shared.kernel.text import clean_line

PROOF_LIFE = timedelta(minutes=60)
SIGN_UP, SET_PASSWORD = "sign_up", "set_password"
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@[^\s@<>()\[\],;:\\\"]+\.?[^\s@<>()\[\],;:\\\"]+")


@dataclass(frozen=True, slots=True)
class Link:
    """What a one-time link is good for, shown before it is used."""

    purpose: str
    realm: str
    email: str
    name: str
    pending_id: UUID | None


def email_key(email: str) -> str:
    """The form in which addresses are compared. Raises BadEmail.

    NFKC and case are folded; dots and tags are left alone, since only the provider knows their meaning.
    """
    folded = unicodedata.normalize("NFKC", email).strip().casefold()
    if len(folded) > 254 or not _EMAIL.fullmatch(folded) or not folded.isprintable():
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


async def by_password(visit: Visit, *, realm: str, email: str, password: str) -> Account | None:
    """The account whose password this is; None says nothing about why. Raises TooManyAttempts.

    The same work is done for an unknown address as for a wrong password. Nothing of the database is held
    while argon2 runs.
    """
    try:
        key = email_key(email)
    except BadEmail:
        key = ""
    here = limits.PASSWORD_HERE.key(realm, key, visit.address)
    await visit.services.limiter.take(
        here, limits.PASSWORD_ACCOUNT.key(realm, key), limits.PASSWORD_ADDRESS.key(visit.address)
    )
    stored = await visit.services.database.reader.first(queries.STORED_PASSWORD, realm=realm, email_key=key)
    password_hash = stored["password_hash"] if stored else None
    verdict = await visit.services.passwords.verify(password_hash, password)
    if stored is None or not verdict.is_right:
        audit.record(
            visit.session,
            "sign_in.failed",
            at=visit.now,
            account_id=stored["id"] if stored else None,
            address=visit.address,
            realm=realm,
        )
        return None
    await limits.forget(visit.session, here)
    if verdict.is_outdated:
        await _keep_password(visit, stored["id"], await visit.services.passwords.hash(password))
    return await visit.session.get(Account, stored["id"])


async def ask_to_register(visit: Visit, *, email: str, pending_id: UUID | None) -> None:
    """Send a link to whoever reads `email`. Only customers register themselves.

    The answer is the same whether the address has an account or not; the mail tells it to its reader.
    """
    key = email_key(email)
    await visit.services.limiter.take(limits.MAIL_ADDRESS.key(visit.address))
    if not await _may_mail(visit, "customer", key):
        return
    account = await queries.by_email(visit.session, "customer", key)
    if account is not None:
        _write_mail(visit, key, "You already have an account", _ALREADY, "/sign-in", realm="customer")
        return
    token = await _make_proof(visit, SIGN_UP, "customer", key, None, pending_id)
    _write_mail(visit, key, "Confirm your e-mail address", _CONFIRM, "/sign-up/confirm", token=token)


async def ask_for_password(visit: Visit, *, realm: str, email: str) -> None:
    """Send a link to set a new password, when there is such an account."""
    key = email_key(email)
    await visit.services.limiter.take(limits.MAIL_ADDRESS.key(visit.address))
    account = await queries.by_email(visit.session, realm, key)
    if account is None or account.deactivated_at is not None or not await _may_mail(visit, realm, key):
        return
    token = await _make_proof(visit, SET_PASSWORD, realm, account.email, account.id, None)
    _write_mail(visit, account.email, "Set a new password", _RESET, "/set-password", token=token)


async def operators_link(visit: Visit, account: Account) -> str:
    """A link to set a password, to be handed over by the operator at the console."""
    token = await _make_proof(visit, SET_PASSWORD, account.realm, account.email, account.id, None)
    return _address(visit, "/set-password", token=token)


async def look_at_link(visit: Visit, *, purpose: str, token: str) -> Link:
    """What the link is for; it stays unused, since mail scanners open links too. Raises LinkSpent."""
    proof = await _proof(visit, purpose, token)
    account = await visit.session.get(Account, proof.account_id) if proof.account_id else None
    return Link(purpose, proof.realm, proof.email, account.name if account else "", proof.pending_id)


async def register(visit: Visit, *, token: str, name: str, password: str) -> tuple[Account, UUID | None]:
    """Make the account of a proven address. Returns it with the request that waits for it, if any.

    Raises LinkSpent, BadName, WeakPassword.
    """
    proof = await _proof(visit, SIGN_UP, token)
    name = clean_name(name)
    rules.check(password, about=(name, proof.email))
    if await queries.by_email(visit.session, proof.realm, email_key(proof.email)) is not None:
        raise LinkSpent
    password_hash = await visit.services.passwords.hash(password)
    proof.used_at = visit.now
    account = new_account(visit, realm=proof.realm, email=proof.email, name=name)
    account.email_verified_at = visit.now
    await visit.session.flush()
    await _keep_password(visit, account.id, password_hash)
    audit.record(
        visit.session, "account.registered", at=visit.now, account_id=account.id, address=visit.address
    )
    return account, proof.pending_id


async def set_password(visit: Visit, *, token: str, password: str) -> Account:
    """Use a link to set a password, and tell the person by mail. The caller ends all sessions.

    Raises LinkSpent, WeakPassword.
    """
    proof = await _proof(visit, SET_PASSWORD, token)
    account = await visit.session.get(Account, proof.account_id)
    if account is None or account.deactivated_at is not None:
        raise LinkSpent
    rules.check(password, about=(account.name, account.email))
    password_hash = await visit.services.passwords.hash(password)
    proof.used_at = visit.now
    account.email_verified_at = account.email_verified_at or visit.now
    await _keep_password(visit, account.id, password_hash)
    _write_mail(visit, account.email, "Your password was changed", _CHANGED, "/reset-password")
    audit.record(
        visit.session, "account.password_set", at=visit.now, account_id=account.id, address=visit.address
    )
    return account


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


async def prune(visit: Visit) -> None:
    """Delete links that nobody can use any more."""
    await visit.session.execute(delete(EmailProof).where(EmailProof.expires_at < visit.now))


async def _keep_password(visit: Visit, account_id: UUID, password_hash: str) -> None:
    credential = await visit.session.get(PasswordCredential, account_id)
    if credential is None:
        credential = PasswordCredential(account_id=account_id)
        visit.session.add(credential)
    credential.password_hash = password_hash
    credential.changed_at = visit.now


async def give_password(visit: Visit, account: Account, password: str) -> None:
    """Set a password without a link: for demo content only."""
    stored = await visit.session.get(PasswordCredential, account.id)
    if stored and (await visit.services.passwords.verify(stored.password_hash, password)).is_right:
        return
    await _keep_password(visit, account.id, await visit.services.passwords.hash(password))


async def _proof(visit: Visit, purpose: str, token: str) -> EmailProof:
    await visit.services.limiter.take(limits.PROOF_ADDRESS.key(visit.address))
    proof = await queries.live_proof(visit.session, hashed(token), visit.now)
    if proof is None or proof.purpose != purpose:
        raise LinkSpent
    return proof


async def _make_proof(
    visit: Visit, purpose: str, realm: str, email: str, account_id: UUID | None, pending_id: UUID | None
) -> str:
    token = new_secret()
    visit.session.add(
        EmailProof(
            id=new_id(),
            purpose=purpose,
            realm=realm,
            email=email,
            account_id=account_id,
            pending_id=pending_id,
            token_hash=hashed(token),
            created_at=visit.now,
            expires_at=visit.now + PROOF_LIFE,
        )
    )
    await visit.session.flush()
    return token


async def _may_mail(visit: Visit, realm: str, key: str) -> bool:
    """False when a mailbox has had enough; the page says the same in both cases."""
    try:
        await visit.services.limiter.take(limits.MAIL_MAILBOX.key(realm, key))
    except limits.TooManyAttempts:
        return False
    return True


def _address(visit: Visit, path: str, **query: str) -> str:
    return f"{visit.settings.identity_public_url}{path}" + (f"?{urlencode(query)}" if query else "")


def _write_mail(visit: Visit, to: str, subject: str, body: str, path: str, **query: str) -> None:
    text = body.format(link=_address(visit, path, **query))
    mail.write(visit.session, to=to, subject=subject, body=text, now=visit.now)


_CONFIRM = """Hello,

someone, probably you, wants to open an account with this address. To go on, open this link within an hour:

{link}

If it was not you, do nothing: no account will be made.
"""

_ALREADY = """Hello,

someone, probably you, wanted to open an account with this address, but there is one already. Sign in here:

{link}

If you forgot your password, the page offers to set a new one. If it was not you, do nothing.
"""

_RESET = """Hello,

to set a new password for your account, open this link within an hour:

{link}

It works once. If you did not ask for it, do nothing: your password stays as it is.
"""

_CHANGED = """Hello,

the password of your account was just changed, and every browser was signed out.

If that was not you, set a new password at once, and tell the people who run this site:

{link}
"""
