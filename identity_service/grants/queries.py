"""SELECTs on requests and grants that run outside a transaction."""

from sqlalchemy import bindparam, select

from identity_service.grants.models import PendingRequest
from shared.db.query import Query

WAITING = Query(
    select(PendingRequest.__table__).where(
        PendingRequest.id == bindparam("pending_id"), PendingRequest.expires_at > bindparam("now")
    )
)
