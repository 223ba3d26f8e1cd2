"""Codes of an authenticator app (RFC 6238): six digits, thirty seconds, one step of tolerance either way."""

import hmac
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pyotp
import segno
from markupsafe import Markup
from sqlalchemy import delete

from identity_service.accounts.models import Account
from identity_service.factors import queries
from identity_service.factors.errors import AlreadySetUp
from identity_service.factors.models import TotpCredential
from identity_service.visit import Visit

STEP_SECONDS = 30
_PURPOSE = "totp secret"
_SETUP_LIFE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Setup:
    """What an app has to be given: as text to type, and as a picture to scan."""

    secret: str
    picture: Markup

    @property
    def grouped(self) -> str:
        """In groups of four, to be read aloud."""
        return " ".join(self.secret[i : i + 4] for i in range(0, len(self.secret), 4))


async def setup(visit: Visit, account: Account, *, place: UUID, is_again: bool) -> Setup:
    """A secret that waits to be confirmed, shown at one place: a session, or a half-done sign-in.

    It is a new one whenever somebody looks, since nobody knows who looked before; the same only for who
    mistyped a code for it at this place (`is_again`). Raises AlreadySetUp.
    """
    row = await queries.totp(visit.session, account.id)
    if row is not None and row.confirmed_at is not None:
        raise AlreadySetUp
    if is_again and row is not None and _waits(visit, row, place):
        secret = _secret_of(visit, row)
    else:
        secret = pyotp.random_base32(32)
        await _keep(visit, account.id, secret, place=place)
    app = pyotp.TOTP(secret, name=account.email, issuer=visit.settings.identity_name)
    drawn = segno.make(app.provisioning_uri(), error="m").svg_inline(
        scale=5, light="#fff", border=4, title="QR code"
    )
    return Setup(secret, Markup(drawn))  # noqa: S704 # drawn by segno from base32 and an encoded address


async def give(visit: Visit, account_id: UUID, secret: str) -> None:
    """Set a confirmed secret (base32), for accounts made by configuration."""
    row = await _keep(visit, account_id, secret)
    row.confirmed_at = visit.now


async def confirm(visit: Visit, account_id: UUID, code: str, *, place: UUID) -> bool:
    """Whether the app works that was shown at this place: the factor counts from then on."""
    row = await queries.totp(visit.session, account_id)
    if row is None or not _waits(visit, row, place):
        return False
    if not _take(visit, row, code):
        return False
    row.confirmed_at = visit.now
    return True


async def check(visit: Visit, account_id: UUID, code: str) -> bool:
    """Whether the code is right. It is used up by that, with all older ones."""
    row = await queries.totp(visit.session, account_id)
    return row is not None and row.confirmed_at is not None and _take(visit, row, code)


async def remove(visit: Visit, account_id: UUID) -> None:
    await visit.session.execute(delete(TotpCredential).where(TotpCredential.account_id == account_id))


def looks_like_code(text: str) -> bool:
    return len(text) == 6 and text.isascii() and text.isdecimal()


def _waits(visit: Visit, row: TotpCredential, place: UUID) -> bool:
    """Whether the secret was shown at this place within the last hour, and does not count yet."""
    is_late = row.created_at < visit.now - _SETUP_LIFE
    return row.confirmed_at is None and row.place == place and not is_late


def _take(visit: Visit, row: TotpCredential, code: str) -> bool:
    code = "".join(code.split())
    if not looks_like_code(code):
        return False
    app, this_step = pyotp.TOTP(_secret_of(visit, row)), int(visit.now.timestamp()) // STEP_SECONDS
    for step in (this_step - 1, this_step, this_step + 1):
        is_fresh = row.last_step is None or step > row.last_step
        if hmac.compare_digest(app.at(step * STEP_SECONDS), code) and is_fresh:
            row.last_step, row.last_used_at = step, visit.now
            return True
    return False


async def _keep(visit: Visit, account_id: UUID, secret: str, *, place: UUID | None = None) -> TotpCredential:
    await remove(visit, account_id)
    sealed = visit.services.sealer.seal(secret.encode(), purpose=f"{_PURPOSE} {account_id}")
    row = TotpCredential(account_id=account_id, sealed_secret=sealed, place=place, created_at=visit.now)
    visit.session.add(row)
    await visit.session.flush()
    return row


def _secret_of(visit: Visit, row: TotpCredential) -> str:
    return visit.services.sealer.unseal(row.sealed_secret, purpose=f"{_PURPOSE} {row.account_id}").decode()
