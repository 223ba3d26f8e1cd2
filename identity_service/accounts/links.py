"""One-time links: registering with a proof of the address, and setting a password."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import delete, update

from identity_service.accounts import queries
from identity_service.accounts.errors import LinkSpent
from identity_service.accounts.models import Account, EmailProof
from identity_service.accounts.service import clean_name, email_key, keep_password, new_account
from identity_service.audit import service as audit
from identity_service.limits import service as limits
from identity_service.mail import service as mail
from identity_service.passwords import rules
from identity_service.policy import service as policies
from identity_service.sealing import hashed, new_secret
from identity_service.visit import Caller, Visit
from shared.kernel.ids import new_id

LIFE = timedelta(minutes=60)
SIGN_UP, SET_PASSWORD = "sign_up", "set_password"
CHANGE_EMAIL, UNDO_EMAIL, UNDO_CLOSING, DOMAIN = "change_email", "undo_email", "undo_closing", "domain"

OF_AN_ACCOUNT = (SET_PASSWORD, CHANGE_EMAIL, UNDO_EMAIL, UNDO_CLOSING, DOMAIN)
"""Purposes of links that an account has; the others are for people who have none yet."""


@dataclass(frozen=True, slots=True)
class Link:
    """What a one-time link is good for, before it is used. `name` is empty while there is no account."""

    realm: str
    email: str
    name: str
    pending_id: UUID | None


async def count_mail(caller: Caller, *, realm: str, email: str) -> bool:
    """Count a mail that is asked for. False when the mailbox has had enough, which the page does not tell.

    Raises BadEmail; TooManyAttempts when the address asks for too many mails.
    """
    key = email_key(email)
    await caller.services.limiter.take(limits.MAIL_ADDRESS.key(caller.address))
    try:
        await caller.services.limiter.take(limits.MAIL_MAILBOX.key(realm, key))
    except limits.TooManyAttempts:
        return False
    return True


async def ask_to_register(visit: Visit, *, email: str, pending_id: UUID | None) -> None:
    """Send a link to whoever reads `email`. Only customers register themselves.

    The answer is the same whether the address has an account or not; the mail tells it to its reader.
    """
    key = email_key(email)
    is_known = await queries.by_email(visit.session, "customer", key) is not None
    # Made for a known address as well, where nobody gets it: the time taken must not tell.
    token = await make(visit, SIGN_UP, realm="customer", email=key, pending_id=pending_id)
    if is_known:
        mail.write(visit, "sign_up_known", to=key, link=address(visit, "/sign-in", realm="customer"))
        return
    mail.write(visit, "sign_up", to=key, link=address(visit, "/sign-up/confirm", token=token))


async def ask_for_password(visit: Visit, *, realm: str, email: str) -> None:
    """Send a link to set a new password, when there is such an account.

    When there is none, the same is written and taken back, so that the time taken does not tell.
    """
    key = email_key(email)
    account = await queries.by_email(visit.session, realm, key)
    if account is not None and account.deactivated_at is not None:
        account = None
    to = key if account is None else account.email
    with suppress(_NoSuchAccount):
        async with visit.session.begin_nested():
            token = await make(visit, SET_PASSWORD, realm=realm, email=to, account=account)
            mail.write(visit, "reset_password", to=to, link=address(visit, "/set-password", token=token))
            await visit.session.flush()
            if account is None:
                raise _NoSuchAccount


class _NoSuchAccount(Exception):
    """Takes back what was written for an address without an account."""


async def operators_link(visit: Visit, account: Account) -> str:
    """A link to set a password, to be handed over by the operator at the console."""
    token = await make(visit, SET_PASSWORD, realm=account.realm, email=account.email, account=account)
    return address(visit, "/set-password", token=token)


async def look_at(caller: Caller, *, purpose: str, token: str) -> Link:
    """What the link is for; it stays unused, since mail scanners open links too. Raises LinkSpent,
    TooManyAttempts."""
    await caller.services.limiter.take(limits.PROOF_ADDRESS.key(caller.address))
    row = await caller.reader.first(queries.LINK, token_hash=hashed(token), purpose=purpose, now=caller.now)
    if row is None:
        raise LinkSpent
    return Link(row["realm"], row["email"], row["name"] or "", row["pending_id"])


async def choose_password(caller: Caller, link: Link, *, name: str, password: str) -> str:
    """The hash of a password chosen for the account of `link`. Raises WeakPassword."""
    policy = await policies.of(caller, link.realm)
    rules.check(password, about=(name, link.email), min_length=policy.password_min_length)
    return await caller.services.passwords.hash(password)


async def register(visit: Visit, *, token: str, name: str, password_hash: str) -> tuple[Account, UUID | None]:
    """Make the account of a proven address. Returns it with the request that waits for it, if any.

    Raises LinkSpent, BadName.
    """
    proof = await use(visit, SIGN_UP, token)
    if await queries.by_email(visit.session, proof.realm, email_key(proof.email)) is not None:
        raise LinkSpent
    account = new_account(visit, realm=proof.realm, email=proof.email, name=clean_name(name))
    account.email_verified_at = visit.now
    await visit.session.flush()
    await keep_password(visit, account.id, password_hash)
    audit.record(
        visit.session, "account.registered", at=visit.now, account_id=account.id, address=visit.address
    )
    return account, proof.pending_id


async def set_password(visit: Visit, *, token: str, password_hash: str) -> Account:
    """Use a link to set a password, and tell the person by mail. The caller ends all sessions.

    Other links to set one, and to change the address, end: somebody else may have asked for them. Raises
    LinkSpent, also when the account has another address by now.
    """
    proof = await use(visit, SET_PASSWORD, token)
    account = await visit.session.get(Account, proof.account_id)
    if account is None or account.deactivated_at is not None:
        raise LinkSpent
    if email_key(proof.email) != account.email_key:
        raise LinkSpent
    await cancel(visit, account.id, SET_PASSWORD, CHANGE_EMAIL)
    account.email_verified_at = account.email_verified_at or visit.now
    await keep_password(visit, account.id, password_hash)
    tell_of_password(visit, account)
    audit.record(
        visit.session, "account.password_set", at=visit.now, account_id=account.id, address=visit.address
    )
    return account


def tell_of_password(visit: Visit, account: Account) -> None:
    """Tell the person that their password was changed, and what to do if it was not them."""
    link = address(visit, "/reset-password", realm=account.realm)
    mail.write(visit, "password_changed", to=account.email, locale=account.locale, link=link)


async def prune(visit: Visit) -> None:
    """Delete links that nobody can use any more."""
    await visit.session.execute(delete(EmailProof).where(EmailProof.expires_at < visit.now))


async def use(visit: Visit, purpose: str, token: str) -> EmailProof:
    """The proof behind a link, which is used up by this. Raises LinkSpent."""
    proof = await queries.live_proof(visit.session, hashed(token), visit.now)
    if proof is None or proof.purpose != purpose:
        raise LinkSpent
    proof.used_at = visit.now
    return proof


async def make(
    visit: Visit,
    purpose: str,
    *,
    realm: str,
    email: str,
    account: Account | None = None,
    pending_id: UUID | None = None,
    subject_id: UUID | None = None,
    life: timedelta = LIFE,
) -> str:
    """The secret of a new one-time link, to be sent to `email`."""
    token = new_secret()
    visit.session.add(
        EmailProof(
            id=new_id(),
            purpose=purpose,
            realm=realm,
            email=email,
            account_id=account.id if account else None,
            pending_id=pending_id,
            subject_id=subject_id,
            token_hash=hashed(token),
            created_at=visit.now,
            expires_at=visit.now + life,
        )
    )
    await visit.session.flush()
    return token


async def cancel(visit: Visit, account_id: UUID, *purposes: str) -> None:
    """End the links of these purposes that an account still has."""
    await visit.session.execute(
        update(EmailProof)
        .where(
            EmailProof.account_id == account_id,
            EmailProof.purpose.in_(purposes),
            EmailProof.used_at.is_(None),
        )
        .values(used_at=visit.now)
    )


def address(visit: Caller, path: str, **query: str) -> str:
    """The address of a page of ours, for a mail."""
    return f"{visit.settings.identity_public_url}{path}" + (f"?{urlencode(query)}" if query else "")
