"""The audit log."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from identity_service.base import Base


class AuditRow(Base):
    """One event. The table takes inserts only: a trigger refuses every other change."""

    __tablename__ = "audit_rows"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    event: Mapped[str]
    account_id: Mapped[UUID | None] = mapped_column(index=True)
    client_id: Mapped[str | None]
    address: Mapped[str | None]
    details: Mapped[dict[str, Any]]


MODELS = (AuditRow,)
