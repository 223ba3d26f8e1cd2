"""Recovery codes: ten, of 80 random bits each, kept hashed, each good for one sign-in."""

import base64
import secrets
from uuid import UUID

from sqlalchemy import delete, update

from identity_service.factors.models import RecoveryCode
from identity_service.sealing import hashed
from identity_service.visit import Visit

COUNT = 10
_BYTES = 10


async def renew(visit: Visit, account_id: UUID) -> list[str]:
    """A new set, to be shown once; the old one is void."""
    await visit.session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    codes = [base64.b32encode(secrets.token_bytes(_BYTES)).decode().lower() for _ in range(COUNT)]
    visit.session.add_all(
        RecoveryCode(code_hash=_hash(account_id, code), account_id=account_id, created_at=visit.now)
        for code in codes
    )
    await visit.session.flush()
    return ["-".join(code[i : i + 4] for i in range(0, len(code), 4)) for code in codes]


async def use(visit: Visit, account_id: UUID, code: str) -> bool:
    """Whether the code is right and unused; it is used now. Of two at the same moment one is."""
    typed = "".join(sign for sign in code.lower() if sign.isalnum())
    used = await visit.session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.code_hash == _hash(account_id, typed),
            RecoveryCode.account_id == account_id,
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=visit.now)
        .returning(RecoveryCode.code_hash)
    )
    return used.first() is not None


async def remove(visit: Visit, account_id: UUID) -> None:
    await visit.session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))


def _hash(account_id: UUID, code: str) -> str:
    return hashed(f"{account_id}:{code}")
