"""Every SELECT on invitations."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from identity_service.accounts.models import Account, Invitation, Organisation
from shared.db.query import Query

_OPEN: tuple[Any, ...] = (
    Invitation.id,
    Invitation.realm,
    Invitation.email,
    Invitation.roles,
    Organisation.name.label("organisation"),
    Account.id.label("account_id"),
)
BY_TOKEN = Query(
    select(*_OPEN)
    .outerjoin(Organisation, Organisation.id == Invitation.organisation_id)
    .outerjoin(Account, (Account.realm == Invitation.realm) & (Account.email_key == Invitation.email_key))
    .where(Invitation.token_hash == bindparam("token_hash"), Invitation.expires_at > bindparam("now"))
)


async def live(session: AsyncSession, token_hash: str, now: datetime) -> Invitation | None:
    """An invitation that may still be accepted, locked against a second acceptance at the same time."""
    found: Invitation | None = await session.scalar(
        select(Invitation)
        .where(Invitation.token_hash == token_hash, Invitation.expires_at > now)
        .with_for_update()
    )
    return found


async def of_organisation(
    session: AsyncSession, organisation_id: UUID, now: datetime
) -> Sequence[Invitation]:
    """Those that wait, the newest first."""
    return (
        await session.scalars(
            select(Invitation)
            .where(Invitation.organisation_id == organisation_id, Invitation.expires_at > now)
            .order_by(Invitation.created_at.desc(), Invitation.id)
            .limit(200)
        )
    ).all()
