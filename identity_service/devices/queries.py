"""Statements on known browsers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, and_, bindparam, false, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from identity_service.accounts.models import Account
from identity_service.devices.models import KnownDevice
from shared.db.query import Command, Query

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


STANDING = Query(
    select(
        func.count().label("browsers"),
        func.coalesce(
            func.bool_or(
                and_(
                    KnownDevice.secret_hash == bindparam("secret_hash"),
                    KnownDevice.expires_at > bindparam("now"),
                )
            ),
            false(),
        ).label("is_known"),
    ).where(KnownDevice.account_id == bindparam("account_id"))
)
"""In how many browsers an account was used, and whether this is one of them."""
RENEW = Command(
    update(KnownDevice)
    .where(KnownDevice.secret_hash == bindparam("old_hash"), KnownDevice.expires_at > bindparam("now"))
    .values(secret_hash=bindparam("new_hash"))
)
_SEEN: dict[str, Any] = {name: bindparam(name) for name in ("user_agent", "seen_at", "expires_at")}
_UNTIL: Any = bindparam("remembered_until", type_=DateTime(timezone=True))
SEE_AGAIN = Command(
    update(KnownDevice)
    .where(
        KnownDevice.account_id == bindparam("account_id"), KnownDevice.secret_hash == bindparam("secret_hash")
    )
    .values(_SEEN | {"remembered_until": func.coalesce(_UNTIL, KnownDevice.remembered_until)})
)
_KNOWN: dict[str, Any] = {name: bindparam(name) for name in ("id", "account_id", "secret_hash", "created_at")}
KNOW = Command(insert(KnownDevice).values(_KNOWN | _SEEN | {"remembered_until": _UNTIL}))


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
