"""Every SELECT on kept mail."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from identity_service.mail.models import Mail


async def newest(session: AsyncSession, to: str = "") -> Sequence[Mail]:
    """The newest fifty, of one address when `to` is given."""
    statement = select(Mail).order_by(Mail.created_at.desc(), Mail.id.desc()).limit(50)
    return (await session.scalars(statement.where(Mail.to == to) if to else statement)).all()


async def by_id(session: AsyncSession, mail_id: UUID) -> Mail | None:
    return await session.get(Mail, mail_id)
