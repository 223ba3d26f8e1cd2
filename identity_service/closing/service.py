"""Closing an account, taking that back, and erasing what nobody came back for."""

from datetime import timedelta
from typing import Final

from sqlalchemy import select

from identity_service.accounts import links
from identity_service.accounts.errors import LinkSpent
from identity_service.accounts.models import Account, Closing
from identity_service.audit import service as audit
from identity_service.lifecycle import service as lifecycle
from identity_service.mail import service as mail
from identity_service.visit import Caller, Services, Visit
from shared.web.times import full_time, zone_named

GRACE: Final = timedelta(days=14)


async def close(visit: Visit, account: Account) -> None:
    """Shut the account at the wish of its person, and send the way back."""
    due = visit.now + GRACE
    await lifecycle.deactivate(visit, account, because="closed by its person", by=f"account:{account.id}")
    visit.session.add(Closing(account_id=account.id, asked_at=visit.now, due_at=due))
    token = await links.make(
        visit, links.UNDO_CLOSING, realm=account.realm, email=account.email, account=account, life=GRACE
    )
    mail.write(
        visit,
        "closing",
        to=account.email,
        locale=account.locale,
        day=full_time(due, zone_named(account.zoneinfo or "UTC")),
        link=links.address(visit, "/account/keep", token=token),
    )
    audit.record(visit.session, "account.closing", at=visit.now, account_id=account.id, address=visit.address)


async def take_back(visit: Visit, token: str) -> Account:
    """Open a closed account again. Raises LinkSpent."""
    proof = await links.use(visit, links.UNDO_CLOSING, token)
    account = await visit.session.get(Account, proof.account_id, with_for_update=True)
    if account is None or not await keep(visit, account):
        raise LinkSpent
    link = links.address(visit, "/reset-password", realm=account.realm)
    mail.write(visit, "kept", to=account.email, locale=account.locale, link=link)
    return account


async def keep(visit: Visit, account: Account) -> bool:
    """Open the account again if its person closed it; False if it was shut by somebody else."""
    closing = await visit.session.get(Closing, account.id, with_for_update=True)
    if closing is None:
        return False
    await visit.session.delete(closing)
    await visit.session.flush()
    await lifecycle.reactivate(visit, account, by=f"account:{account.id}")
    audit.record(visit.session, "account.kept", at=visit.now, account_id=account.id, address=visit.address)
    return True


async def erase_next(services: Services) -> int:
    """Erase one account whose time is over, in a transaction of its own. Answers how many there were: 0 or 1.

    One that an administrator opened meanwhile is left alone.
    """
    async with Caller(services=services, now=services.clock.now(), address="worker").begin() as visit:
        closing = await visit.session.scalar(
            select(Closing)
            .where(Closing.due_at <= visit.now)
            .order_by(Closing.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if closing is None:
            return 0
        account = await visit.session.get_one(Account, closing.account_id, with_for_update=True)
        await visit.session.delete(closing)
        await visit.session.flush()
        if account.deactivated_at is not None:
            home = links.address(visit, "/")
            mail.write(visit, "erased", to=account.email, locale=account.locale, link=home)
            await lifecycle.purge(visit, account, by="worker")
    return 1
