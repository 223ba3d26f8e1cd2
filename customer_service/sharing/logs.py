"""The two numbered logs of the bridge: what changed for each consumer, and what crossed for each."""

from datetime import UTC, datetime
from typing import Any, Final

from customer_service.sharing.models import (
    Change,
    LedgerCrossing,
    LedgerRef,
    PendingChange,
    PendingCrossing,
)
from shared.db.sequencer import Children, Log, Row

CHANGES_CHANNEL: Final = "narrowbridge_changes"
LEDGER_CHANNEL: Final = "narrowbridge_ledger"
INBOX_CHANNEL: Final = "narrowbridge_inbox"

_COPIED: Final = ("crossing_id", "direction", "message", "digest", "client", "subject", "purpose")


def covered(row: Row, number: int) -> dict[str, Any]:
    """What the hash of a ledger row covers: the message `ledger_row` of the manifest without its hash, so
    that a consumer can check its own book."""
    copied = {name: row[name] for name in _COPIED}
    return {"number": number, "at": moment(row["at"]), "refs": list(row["refs"])} | copied


def moment(value: datetime) -> str:
    """RFC 3339 in UTC with microseconds, as the messages of the bridge write it."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


CHANGES: Final = Log(
    pending=PendingChange.__table__,  # type: ignore[arg-type]  # declared as FromClause, is a Table
    kept=Change.__table__,  # type: ignore[arg-type]  # the same
    channel=CHANGES_CHANNEL,
    book="consumer_id",
)
LEDGER: Final = Log(
    pending=PendingCrossing.__table__,  # type: ignore[arg-type]  # the same
    kept=LedgerCrossing.__table__,  # type: ignore[arg-type]  # the same
    channel=LEDGER_CHANNEL,
    book="consumer_id",
    covered=covered,
    children=Children(array="refs", table=LedgerRef.__table__, parent="crossing_id", value="ref"),  # type: ignore[arg-type]  # the same
)
