"""SELECTs on requests and grants that run outside a transaction."""

from typing import Any

from sqlalchemy import bindparam, select

from identity_service.grants.models import PendingRequest
from shared.db.query import Query

_WAITING: tuple[Any, ...] = (PendingRequest.id, PendingRequest.realm, PendingRequest.parameters)
WAITING = Query(
    select(*_WAITING).where(
        PendingRequest.id == bindparam("pending_id"), PendingRequest.expires_at > bindparam("now")
    )
)
