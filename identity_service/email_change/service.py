"""Changing the e-mail address of an account, and taking it back."""

from datetime import timedelta
from typing import Final

from sqlalchemy import delete

from identity_service.accounts import links
from identity_service.accounts import service as accounts
from identity_service.accounts.errors import LinkSpent
from identity_service.accounts.models import Account, PasswordCredential
from identity_service.accounts.service import email_key
from identity_service.audit import service as audit
from identity_service.closing import service as closing
from identity_service.factors import service as factors
from identity_service.grants import service as grants
from identity_service.mail import service as mail
from identity_service.upstreams import linking
from identity_service.visit import Visit

UNDO_WITHIN: Final = timedelta(days=7)
BEFORE: Final = timedelta(days=1)
"""How long before the change of address a thief may have been in the account already."""


async def ask(visit: Visit, account: Account, email: str) -> None:
    """Send a link to the new address. Raises BadEmail.

    The answer is the same when somebody has an account there already; that mail tells it to its reader.
    """
    key = email_key(email)
    await links.cancel(visit, account.id, links.CHANGE_EMAIL)
    if await accounts.by_address(visit, realm=account.realm, email=key) is not None:
        link = links.address(visit, "/sign-in", realm=account.realm)
        mail.write(visit, "sign_up_known", to=key, locale=account.locale, link=link)
    else:
        token = await links.make(visit, links.CHANGE_EMAIL, realm=account.realm, email=key, account=account)
        link = links.address(visit, "/account/email/confirm", token=token)
        mail.write(visit, "change_email", to=key, locale=account.locale, link=link)
    _record(visit, account, "account.email_change_asked")


async def confirm(visit: Visit, account: Account, token: str) -> None:
    """Make the proven address the account's, and tell the old one how to take it back.

    Raises LinkSpent, also when the link is another person's, or the address was taken meanwhile.
    """
    proof = await links.use(visit, links.CHANGE_EMAIL, token)
    if proof.account_id != account.id:
        raise LinkSpent
    if await accounts.by_address(visit, realm=account.realm, email=proof.email) is not None:
        raise LinkSpent
    old = account.email
    _give_address(visit, account, proof.email)
    await links.cancel(visit, account.id, links.SET_PASSWORD)
    undo = await links.make(
        visit, links.UNDO_EMAIL, realm=account.realm, email=old, account=account, life=UNDO_WITHIN
    )
    mail.write(
        visit,
        "email_changed",
        to=old,
        locale=account.locale,
        new_email=account.email,
        link=links.address(visit, "/account/email/undo", token=undo),
    )
    _record(visit, account, "account.email_changed")


async def take_back(visit: Visit, token: str) -> str:
    """Give the account its old address again, for somebody who may have lost it to a thief: every session
    ends, the password is no longer good, and nothing the thief asked for or added since a day before the
    change is. Answers a link's secret to set a new password. Raises LinkSpent."""
    proof = await links.use(visit, links.UNDO_EMAIL, token)
    account = await visit.session.get(Account, proof.account_id, with_for_update=True)
    if account is None or await accounts.by_address(visit, realm=proof.realm, email=proof.email) is not None:
        raise LinkSpent
    if account.deactivated_at is not None and not await closing.keep(visit, account):
        raise LinkSpent
    lost = account.email
    _give_address(visit, account, proof.email)
    await links.cancel(visit, account.id, *links.OF_AN_ACCOUNT)
    await visit.session.execute(delete(PasswordCredential).where(PasswordCredential.account_id == account.id))
    since = proof.created_at - BEFORE
    await factors.remove_since(visit, account, since)
    await linking.drop_since(visit, account, since, by=f"account:{account.id}")
    await grants.end_all_sessions(visit, account, because="e-mail address taken back")
    link = links.address(visit, "/sign-in", realm=account.realm)
    mail.write(visit, "email_restored", to=lost, locale=account.locale, email=proof.email, link=link)
    link = links.address(visit, "/account")
    mail.write(visit, "taken_back", to=account.email, locale=account.locale, link=link)
    _record(visit, account, "account.email_restored")
    return await links.make(
        visit, links.SET_PASSWORD, realm=account.realm, email=account.email, account=account
    )


def _give_address(visit: Visit, account: Account, email: str) -> None:
    account.email, account.email_key = email, email_key(email)
    account.email_verified_at = account.updated_at = visit.now


def _record(visit: Visit, account: Account, event: str) -> None:
    audit.record(visit.session, event, at=visit.now, account_id=account.id, address=visit.address)
