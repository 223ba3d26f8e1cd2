"""Every SELECT on half-done sign-ins."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from identity_service.accounts.models import Account
from identity_service.sign_in.models import UnfinishedSignIn
from shared.db.query import Query

_ACCOUNT: tuple[Any, ...] = (UnfinishedSignIn.account_id,)
UNFINISHED = Query(
    select(*_ACCOUNT).where(
        UnfinishedSignIn.realm == bindparam("realm"),
        UnfinishedSignIn.secret_hash == bindparam("secret_hash"),
        UnfinishedSignIn.expires_at > bindparam("now"),
    )
)


async def unfinished(
    session: AsyncSession, realm: str, secret_hash: str, now: datetime
) -> UnfinishedSignIn | None:
    found: UnfinishedSignIn | None = await session.scalar(
        select(UnfinishedSignIn)
        .join(Account, Account.id == UnfinishedSignIn.account_id)
        .where(
            UnfinishedSignIn.realm == realm,
            UnfinishedSignIn.secret_hash == secret_hash,
            UnfinishedSignIn.expires_at > now,
            Account.deactivated_at.is_(None),
        )
        .with_for_update(of=UnfinishedSignIn)
    )
    return found
