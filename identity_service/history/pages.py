"""/account/history."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from identity_service.history import service
from identity_service.own.frame import Own, own_page

router = APIRouter(include_in_schema=False)


@router.get("/account/history")
async def history(
    request: Request, me: Own, before: Annotated[int | None, Query(ge=1, lt=2**63)] = None
) -> Response:
    rows, older = await service.page(me.visit, me.account.id, before=before)
    return own_page(
        request,
        me,
        "own/history.html",
        here="history",
        rows=rows,
        older=f"/account/history?before={older}" if older else "",
        newer="/account/history" if before else "",
    )
