"""Accounts: finding and making them, and signing in by password."""

import re
import unicodedata
from uuid import UUID, uuid4

from identity_service.accounts import queries
from identity_service.accounts.errors import BadEmail, BadName
from identity_service.accounts.models import Account, Organisation, PasswordCredential
from identity_service.visit import Visit
from shared.kernel.text import case_mapped, clean_line

_SIGN = r"[^\s@<>()\[\],;:\\\"\u3002]"  # the ideographic full stop is a dot to who looks up a domain
_EMAIL = re.compile(rf"{_SIGN}{{1,64}}@{_SIGN}+\.?{_SIGN}+")


def email_key(email: str) -> str:
    """The form in which addresses are compared. Raises BadEmail.

    Case and width make no difference; dots and tags are left alone, since only the provider knows their
    meaning, and so is whatever else may be another mailbox. Characters that are others in disguise (`ﬁ`) are
    refused, as in RFC 8265. What looks like an encoded word (RFC 2047) would be another address in the header
    of a mail.
    """
    if len(email) > 254:
        raise BadEmail
    key = case_mapped(email.strip())
    is_plain = key.isprintable() and "=?" not in key and unicodedata.normalize("NFKC", key) == key
    if len(key) > 254 or not is_plain or not _EMAIL.fullmatch(key):
        raise BadEmail
    return key


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


def new_account(visit: Visit, *, realm: str, email: str, name: str) -> Account:
    """Add an account, with no roles, no password and no proven address yet."""
    account = Account(
        id=uuid4(),
        realm=realm,
        email=email.strip(),
        email_key=email_key(email),
        name=name,
        roles=[],
        given_roles=[],
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
