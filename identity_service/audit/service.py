"""Writing to the audit log, and numbering what was written."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from identity_service.audit.log import AUDIT, BOOK
from identity_service.audit.models import PendingAuditRow
from shared.db.engine import Database
from shared.db.sequencer import sequence
from shared.kernel.ids import new_id

DONE: Final = "done"
REFUSED: Final = "refused"
_OPERATORS: Final = {"console": "operator", "worker": "worker"}
_REFUSALS: Final = (".failed", ".refused")


def record(
    session: AsyncSession | Session,
    event: str,
    *,
    at: datetime,
    account_id: UUID | None = None,
    client_id: str | None = None,
    address: str | None = None,
    by: str | None = None,
    result: str | None = None,
    **details: Any,
) -> None:
    """Add one event to the transaction. `details` never hold a secret, a token or an e-mail address.

    Whoever acts on another's account or client is named by `by`; else it is the one whom it is about. An
    event whose name ends in `.failed` or `.refused` was refused.
    """
    result = result or (REFUSED if event.endswith(_REFUSALS) else DONE)
    # Not `sequencer.append`: commits that notify wait for one another, and every token writes a row.
    session.add(
        PendingAuditRow(
            book=BOOK,
            id=new_id(),
            at=at,
            event=event,
            actor=by or _actor(account_id, client_id, address, result),
            account_id=account_id,
            client_id=client_id,
            address=address,
            result=result,
            details=details,
        )
    )


def _actor(account_id: UUID | None, client_id: str | None, address: str | None, result: str) -> str | None:
    if address in _OPERATORS:
        return _OPERATORS[address]
    if result == REFUSED:
        return None
    if account_id is not None:
        return f"account:{account_id}"
    return f"client:{client_id}" if client_id is not None else None


async def number(database: Database) -> int:
    """Give what is pending its numbers. Returns how many rows there were."""
    async with database.transaction() as session:
        return len(await sequence(session, AUDIT))
