"""Every SELECT on the audit log."""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, bindparam, func, select

from identity_service.audit.models import AuditRow
from identity_service.audit.schemas import AuditFilter
from shared.db.query import Query

EARLIEST: Final = datetime(1, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(9999, 1, 1, tzinfo=UTC)
_ROWS: Final = select(AuditRow.__table__)

IN_ORDER: Final = Query(
    _ROWS.where(
        AuditRow.number > bindparam("after"),
        AuditRow.at >= bindparam("since"),
        AuditRow.at < bindparam("until"),
    )
    .order_by(AuditRow.number)
    .limit(bindparam("limit"))
)
CUT_ROW: Final = "audit.cut"
"""The event of a row that tells where the log was cut, and what hash stood there."""
TOLD_CUT: Final = Query(
    _ROWS.where(AuditRow.event == CUT_ROW, AuditRow.details["through"].astext == bindparam("through"))
    .order_by(AuditRow.number.desc())
    .limit(1)
)
LAST_TOLD: Final = Query(_ROWS.where(AuditRow.event == CUT_ROW).order_by(AuditRow.number.desc()).limit(1))
FIRST: Final = Query(_ROWS.order_by(AuditRow.number).limit(1))
NUMBERED: Final = Query(_ROWS.where(AuditRow.number == bindparam("number")))
FIRST_SINCE: Final = Query(
    select(func.min(AuditRow.number).label("number")).where(AuditRow.at >= bindparam("since"))
)


def newest_first(wanted: AuditFilter, *, before: int | None, limit: int) -> Select[Any]:
    """Rows that fit, newest first. An event ends in `.` for all that begin so."""
    statement = _ROWS.where(*_conditions(wanted)).order_by(AuditRow.number.desc()).limit(limit)
    return statement if before is None else statement.where(AuditRow.number < before)


def _conditions(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.event is not None:
        begins = wanted.event.endswith(".")
        found.append(
            AuditRow.event.startswith(wanted.event, autoescape=True)
            if begins
            else AuditRow.event == wanted.event
        )
    for name in ("actor", "account_id", "client_id", "address", "result"):
        value = getattr(wanted, name)
        if value is not None:
            found.append(getattr(AuditRow, name) == value)
    if wanted.since is not None:
        found.append(AuditRow.at >= wanted.since)
    if wanted.until is not None:
        found.append(AuditRow.at < wanted.until)
    return found
