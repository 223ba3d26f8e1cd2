"""The audit log in the console."""

from typing import Any

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from identity_service.admin.access import Admin
from identity_service.admin.frame import Acting, Looking, console, console_router
from identity_service.admin.log import service
from identity_service.admin.log.service import AuditAsked, WithinTime
from shared.kernel.errors import Problem
from shared.web.forms import Refusal, read
from shared.web.limits import Limits

router = console_router()
LIST = "/admin/audit"
_ASKED = {"account": "account_id"}


@router.get(LIST)
async def search(
    request: Request,
    admin: Looking,
    event: str = "",
    actor: str = "",
    account: str = "",
    result: str = "",
    cursor: str | None = None,
) -> Response:
    filters = {"event": event, "actor": actor, "account": account, "result": result}
    named: dict[str, Any] = {_ASKED.get(name, name): value for name, value in filters.items() if value}
    try:
        asked = read(AuditAsked, cursor=cursor, **named)
    except Problem as problem:
        refused = Refusal(problem, ids={"account_id": "f-account"}, labels={"account_id": "To which account"})
        return _page(request, admin, filters, refused=refused)
    rows, older = await service.search(admin, asked)
    return _page(request, admin, filters, rows=rows, older=older)


@router.post(LIST + "/export")
async def export(request: Request, admin: Acting) -> Response:
    limits: Limits = request.app.state.limits
    limits.count_export(request.scope, str(admin.account.id))
    headers = {"Content-Disposition": 'attachment; filename="audit.ndjson"', "Cache-Control": "no-store"}
    return StreamingResponse(
        service.export(admin, WithinTime()), headers=headers, media_type="application/x-ndjson"
    )


def _page(request: Request, admin: Admin, filters: dict[str, str], **more: Any) -> Response:
    values: dict[str, Any] = {"filters": filters, "rows": [], "older": None}
    return console(request, admin, "audit.html", here="audit", **values | more)
