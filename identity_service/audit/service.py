"""Writing to the audit log."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from identity_service.audit.models import AuditRow
from shared.kernel.ids import new_id


def record(
    session: AsyncSession | Session,
    event: str,
    *,
    at: datetime,
    account_id: UUID | None = None,
    client_id: str | None = None,
    address: str | None = None,
    **details: Any,
) -> None:
    """Add one event to the transaction. `details` never hold a secret, a token or an e-mail address."""
    session.add(
        AuditRow(
            id=new_id(),
            at=at,
            event=event,
            account_id=account_id,
            client_id=client_id,
            address=address,
            details=details,
        )
    )
