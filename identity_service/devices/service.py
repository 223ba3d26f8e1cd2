"""Browsers that are known: guesses from elsewhere do not lock them out, a new one is told to the person, and
one that the person trusts is asked for the first factor only.

The idea of counting guesses per known browser is OWASP's "device cookies"."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, update

from identity_service.accounts.models import Account
from identity_service.audit import service as audit
from identity_service.devices import queries
from identity_service.devices.models import KnownDevice
from identity_service.sealing import hashed, new_secret
from identity_service.visit import Caller, Visit
from shared.db.query import writer_of
from shared.kernel.errors import NotFound
from shared.web.settings import cookie_name

KNOWN_FOR = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Welcome:
    """A browser after a sign-in: the new value of its cookie, and whether the account, which was used
    elsewhere before, is used in it for the first time."""

    secret: str
    is_new: bool


def cookie(caller: Caller, realm: str) -> str:
    """The name of the cookie by which a browser is known to one realm."""
    return cookie_name("identity", caller.settings.identity_public_url, f"{realm}-device")


async def at_door(caller: Caller, *, realm: str, email_key: str, secret: str | None) -> UUID | None:
    """The known browser that somebody stands at who names this address, before any proof."""
    if not secret:
        return None
    row = await caller.reader.first(
        queries.AT_DOOR, realm=realm, email_key=email_key, secret_hash=hashed(secret), now=caller.now
    )
    return row["id"] if row else None


async def find(visit: Visit, account_id: UUID, secret: str | None) -> KnownDevice | None:
    if not secret:
        return None
    return await queries.of_account(visit.session, account_id, hashed(secret), visit.now)


def is_remembered(visit: Visit, device: KnownDevice | None) -> bool:
    """Whether this browser is let in by the first factor."""
    until = device.remembered_until if device is not None else None
    return until is not None and until > visit.now


async def welcome(visit: Visit, account: Account, secret: str | None, *, remember_days: int) -> Welcome:
    """Know this browser from now on, under a new secret; trust it for `remember_days`, if any."""
    writer, fresh, old_hash = writer_of(visit.session), new_secret(), hashed(secret) if secret else ""
    row = await writer.first(queries.STANDING, account_id=account.id, secret_hash=old_hash, now=visit.now)
    assert row is not None, "counts are always one row"
    if secret:
        await writer.run(queries.RENEW, old_hash=old_hash, new_hash=hashed(fresh), now=visit.now)
    seen = {
        "account_id": account.id,
        "secret_hash": hashed(fresh),
        "user_agent": visit.user_agent[:200],
        "seen_at": visit.now,
        "expires_at": visit.now + KNOWN_FOR,
        "remembered_until": visit.now + timedelta(days=remember_days) if remember_days else None,
    }
    if row["is_known"]:
        await writer.run(queries.SEE_AGAIN, **seen)
    else:
        await writer.run(queries.KNOW, id=uuid4(), created_at=visit.now, **seen)
    return Welcome(fresh, is_new=not row["is_known"] and row["browsers"] > 0)


async def listed(visit: Visit, account_id: UUID) -> list[KnownDevice]:
    """The browsers in which an account was used lately, newest first."""
    return await queries.listed(visit.session, account_id, visit.now)


async def forget(visit: Visit, account_id: UUID, device_id: UUID) -> None:
    """Do not know this browser any more. Raises NotFound."""
    gone = await visit.session.execute(
        delete(KnownDevice)
        .where(KnownDevice.id == device_id, KnownDevice.account_id == account_id)
        .returning(KnownDevice.id)
    )
    if gone.first() is None:
        raise NotFound
    audit.record(
        visit.session, "device.forgotten", at=visit.now, account_id=account_id, address=visit.address
    )


async def trust_none(visit: Visit, account_id: UUID) -> None:
    """Ask for every factor again, in every browser."""
    await visit.session.execute(
        update(KnownDevice).where(KnownDevice.account_id == account_id).values(remembered_until=None)
    )


async def prune(visit: Visit) -> None:
    await visit.session.execute(delete(KnownDevice).where(KnownDevice.expires_at < visit.now))
