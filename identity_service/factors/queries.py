"""Every SELECT on factors."""

from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from identity_service.factors.models import Passkey, RecoveryCode, TotpCredential
from shared.db.query import Query


def held(account_id: Any) -> tuple[Any, ...]:
    """When an authenticator app was confirmed, how many passkeys and unused recovery codes there are."""
    return (
        select(TotpCredential.confirmed_at)
        .where(TotpCredential.account_id == account_id)
        .scalar_subquery()
        .label("confirmed_at"),
        select(func.count())
        .select_from(Passkey)
        .where(Passkey.account_id == account_id)
        .scalar_subquery()
        .label("passkeys"),
        select(func.count())
        .select_from(RecoveryCode)
        .where(RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
        .scalar_subquery()
        .label("recovery_codes"),
    )


COUNTS = Query(select(*held(bindparam("account_id", type_=Uuid()))))


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
