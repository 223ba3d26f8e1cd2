"""How the audit log is numbered and what its chain covers."""

from datetime import UTC, datetime
from typing import Any, Final

from identity_service.audit.models import AuditRow, PendingAuditRow
from shared.db.sequencer import Log, Row

BOOK: Final = "identity"
CHANNEL: Final = "narrowbridge_audit"


def covered(row: Row, number: int) -> dict[str, Any]:
    """All that a row says, as the hash covers it and an export writes it."""
    return {
        "number": number,
        "id": str(row["id"]),
        "at": moment(row["at"]),
        "event": row["event"],
        "actor": row["actor"],
        "account_id": str(row["account_id"]) if row["account_id"] else None,
        "client_id": row["client_id"],
        "address": row["address"],
        "result": row["result"],
        "details": row["details"],
    }


def moment(value: datetime) -> str:
    """RFC 3339 in UTC with microseconds."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


AUDIT: Final = Log(
    pending=PendingAuditRow.__table__,  # type: ignore[arg-type]  # declared as FromClause, is a Table
    kept=AuditRow.__table__,  # type: ignore[arg-type]  # the same
    channel=CHANNEL,
    book="book",
    covered=covered,
)
