"""Challenges for passkeys: each is kept here, and taken away by its first answer, whatever that says."""

import secrets
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import delete

from identity_service.factors.models import PasskeyChallenge
from identity_service.visit import Visit

LIFE: Final = timedelta(minutes=5)


async def make(visit: Visit, purpose: str, realm: str, account_id: UUID | None) -> PasskeyChallenge:
    """A challenge for one account, or for any of the realm."""
    row = PasskeyChallenge(
        id=uuid4(),
        purpose=purpose,
        realm=realm,
        account_id=account_id,
        challenge=secrets.token_bytes(32),
        expires_at=visit.now + LIFE,
    )
    visit.session.add(row)
    await visit.session.flush()
    return row


async def take(
    visit: Visit, question_id: UUID | None, purpose: str, realm: str, account_id: UUID | None
) -> bytes | None:
    """The challenge, gone by this: of two answers at the same moment one finds it."""
    found = await visit.session.execute(
        delete(PasskeyChallenge)
        .where(
            PasskeyChallenge.id == question_id,
            PasskeyChallenge.purpose == purpose,
            PasskeyChallenge.realm == realm,
            PasskeyChallenge.account_id.is_not_distinct_from(account_id),
            PasskeyChallenge.expires_at > visit.now,
        )
        .returning(PasskeyChallenge.challenge)
    )
    return found.scalar_one_or_none()


async def prune(visit: Visit) -> None:
    """Delete challenges that nobody can answer any more."""
    await visit.session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.expires_at < visit.now))
