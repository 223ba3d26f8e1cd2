"""Statements on known browsers."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from identity_service.devices.models import KnownDevice


async def listed(session: AsyncSession, account_id: UUID, now: datetime) -> list[KnownDevice]:
    found = await session.scalars(
        select(KnownDevice)
        .where(KnownDevice.account_id == account_id, KnownDevice.expires_at > now)
        .order_by(KnownDevice.seen_at.desc(), KnownDevice.id)
        .limit(100)
    )
    return list(found)
