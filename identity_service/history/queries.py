"""SELECTs on the audit log for the person it is about."""

from typing import Any

from sqlalchemy import bindparam, select

from identity_service.audit.models import AuditRow
from identity_service.clients.models import Client
from shared.db.query import Query

_COLUMNS: tuple[Any, ...] = (
    AuditRow.id,
    AuditRow.at,
    AuditRow.event,
    AuditRow.address,
    AuditRow.details,
    AuditRow.client_id,
    Client.name.label("client_name"),
)
_OWN = (
    select(*_COLUMNS)
    .outerjoin(Client, Client.id == AuditRow.client_id)
    .where(AuditRow.account_id == bindparam("account_id"))
    .order_by(AuditRow.id.desc())
    .limit(bindparam("limit"))
)
NEWEST = Query(_OWN)
BEFORE = Query(_OWN.where(AuditRow.id < bindparam("before")))
