"""SELECTs on the audit log for the person it is about."""

from typing import Any

from sqlalchemy import Select, bindparam, select

from identity_service.audit.models import AuditRow, PendingAuditRow
from identity_service.clients.models import Client
from shared.db.query import Query


def _about_account(rows: type[AuditRow] | type[PendingAuditRow], *more: Any) -> Select[Any]:
    columns: tuple[Any, ...] = (
        rows.at,
        rows.event,
        rows.actor,
        rows.address,
        rows.result,
        rows.details,
        rows.client_id,
        Client.name.label("client_name"),
        *more,
    )
    return (
        select(*columns)
        .outerjoin(Client, Client.id == rows.client_id)
        .where(rows.account_id == bindparam("account_id"))
        .limit(bindparam("limit"))
    )


WAITING = Query(_about_account(PendingAuditRow).order_by(PendingAuditRow.arrival.desc()))
"""What the worker has not numbered yet: seconds old, and newer than what has a number."""
_NUMBERED = _about_account(AuditRow, AuditRow.number).order_by(AuditRow.number.desc())
NEWEST = Query(_NUMBERED)
BEFORE = Query(_NUMBERED.where(AuditRow.number < bindparam("before")))
