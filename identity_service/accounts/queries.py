"""Every SELECT on accounts."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from identity_service.accounts.models import Account, EmailProof, Organisation
from shared.db.query import Query

_LINK: tuple[Any, ...] = (EmailProof.realm, EmailProof.email, EmailProof.pending_id, Account.name)
LINK = Query(
    select(*_LINK)
    .outerjoin(Account, Account.id == EmailProof.account_id)
    .where(
        EmailProof.token_hash == bindparam("token_hash"),
        EmailProof.purpose == bindparam("purpose"),
        EmailProof.used_at.is_(None),
        EmailProof.expires_at > bindparam("now"),
    )
)


async def by_email(session: AsyncSession, realm: str, email_key: str) -> Account | None:
    found: Account | None = await session.scalar(
        select(Account).where(Account.realm == realm, Account.email_key == email_key)
    )
    return found


async def live_proof(session: AsyncSession, token_hash: str, now: datetime) -> EmailProof | None:
    """The proof of a link that may still be used, locked against a second use at the same time."""
    found: EmailProof | None = await session.scalar(
        select(EmailProof)
        .where(EmailProof.token_hash == token_hash, EmailProof.used_at.is_(None), EmailProof.expires_at > now)
        .with_for_update()
    )
    return found


async def organisation_by_name(session: AsyncSession, name: str) -> Organisation | None:
    found: Organisation | None = await session.scalar(select(Organisation).where(Organisation.name == name))
    return found
