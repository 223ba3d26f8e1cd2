"""Every SELECT on factors."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from identity_service.factors.models import Passkey, RecoveryCode, TotpCredential


async def counts(session: AsyncSession, account_id: UUID) -> tuple[datetime | None, int, int]:
    """When an authenticator app was confirmed, how many passkeys and unused recovery codes there are."""
    totp = select(TotpCredential.confirmed_at).where(TotpCredential.account_id == account_id)
    passkeys = select(func.count()).select_from(Passkey).where(Passkey.account_id == account_id)
    codes = (
        select(func.count())
        .select_from(RecoveryCode)
        .where(RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
    )
    row = await session.execute(
        select(totp.scalar_subquery(), passkeys.scalar_subquery(), codes.scalar_subquery())
    )
    confirmed_at, passkeys_there, codes_left = row.one()
    return confirmed_at, passkeys_there, codes_left


async def totp(session: AsyncSession, account_id: UUID) -> TotpCredential | None:
    """The app's secret, locked: of two uses of one code at the same moment one comes first."""
    found: TotpCredential | None = await session.scalar(
        select(TotpCredential).where(TotpCredential.account_id == account_id).with_for_update()
    )
    return found


async def passkeys(session: AsyncSession, account_id: UUID) -> list[Passkey]:
    found = await session.scalars(
        select(Passkey)
        .where(Passkey.account_id == account_id)
        .order_by(Passkey.created_at, Passkey.id)
        .limit(100)
    )
    return list(found)


async def passkey(session: AsyncSession, account_id: UUID, passkey_id: UUID) -> Passkey | None:
    found: Passkey | None = await session.scalar(
        select(Passkey).where(Passkey.id == passkey_id, Passkey.account_id == account_id)
    )
    return found


async def by_credential(session: AsyncSession, credential_id: bytes) -> Passkey | None:
    """The passkey of a signature, locked while its counter is compared."""
    found: Passkey | None = await session.scalar(
        select(Passkey).where(Passkey.credential_id == credential_id).with_for_update()
    )
    return found
