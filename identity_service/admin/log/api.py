"""`/api/v1/admin/audit`."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from identity_service.admin.access import AdminReading, AdminRoute, AdminWriting
from identity_service.admin.http import NO_STORE, listed
from identity_service.admin.log import service
from identity_service.admin.log.service import AuditAsked, AuditPage, WithinTime
from shared.web.edge import API
from shared.web.limits import Limits

router = APIRouter(prefix=f"{API}/admin/audit", tags=["audit"], route_class=AdminRoute)
NDJSON = "application/x-ndjson"
LINES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "One event per line, as its hash covers it, with the hash",
        "content": {NDJSON: {"schema": {"type": "string"}}},
    }
}


@router.get("", response_model=AuditPage, summary="Search the audit log")
async def search(request: Request, admin: AdminReading, asked: Annotated[AuditAsked, Query()]) -> Response:
    rows, cursor = await service.search(admin, asked)
    return listed(request, rows, cursor)


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses=LINES,
    summary="The audit log as NDJSON, oldest first",
)
async def export(request: Request, admin: AdminWriting, within: Annotated[WithinTime, Query()]) -> Response:
    limits: Limits = request.app.state.limits
    limits.count_export(request.scope, str(admin.account.id))
    headers = NO_STORE | {"Content-Disposition": 'attachment; filename="audit.ndjson"'}
    return StreamingResponse(service.export(admin, within), headers=headers, media_type=NDJSON)
