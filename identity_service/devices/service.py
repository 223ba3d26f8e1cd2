"""Browsers that are known: guesses from elsewhere do not lock them out, a new one is told to the person, and
one that the person trusts is asked for the first factor only.

The idea of counting guesses per known browser is OWASP's "device cookies"."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, update

from identity_service.audit import service as audit
from identity_service.devices import queries
from identity_service.devices.models import KnownDevice
from identity_service.visit import Caller, Visit
from shared.kernel.errors import NotFound
from shared.web.settings import cookie_name

KNOWN_FOR = timedelta(days=180)


def cookie(caller: Caller, realm: str) -> str:
    """The name of the cookie by which a browser is known to one realm."""
    return cookie_name("identity", caller.settings.identity_public_url, f"{realm}-device")


def is_remembered(visit: Visit, device: KnownDevice | None) -> bool:
    """Whether this browser is let in by the first factor."""
    until = device.remembered_until if device is not None else None
    return until is not None and until > visit.now


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
