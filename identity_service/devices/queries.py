"""Every SELECT on known browsers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from identity_service.accounts.models import Account
from identity_service.devices.models import KnownDevice
from shared.db.query import Query

_ID: tuple[Any, ...] = (KnownDevice.id,)
AT_DOOR = Query(
    select(*_ID)
    .join(Account, Account.id == KnownDevice.account_id)
    .where(
        Account.realm == bindparam("realm"),
        Account.email_key == bindparam("email_key"),
        KnownDevice.secret_hash == bindparam("secret_hash"),
        KnownDevice.expires_at > bindparam("now"),
    )
)


async def of_account(
    session: AsyncSession, account_id: UUID, secret_hash: str, now: datetime
) -> KnownDevice | None:
    found: KnownDevice | None = await session.scalar(
        select(KnownDevice).where(
            KnownDevice.account_id == account_id,
            KnownDevice.secret_hash == secret_hash,
            KnownDevice.expires_at > now,
        )
    )
    return found


async def listed(session: AsyncSession, account_id: UUID, now: datetime) -> list[KnownDevice]:
    found = await session.scalars(
        select(KnownDevice)
        .where(KnownDevice.account_id == account_id, KnownDevice.expires_at > now)
        .order_by(KnownDevice.seen_at.desc(), KnownDevice.id)
        .limit(100)
    )
    return list(found)
