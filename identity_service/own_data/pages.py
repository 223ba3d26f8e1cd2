"""/account/data."""

import json

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from identity_service.limits import service as limits
from identity_service.own.frame import Own, me_of, own_page
from identity_service.own.fresh import require_fresh
from identity_service.own_data import service
from identity_service.web import Calling
from shared.web.csrf import own_form_only

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form_only)])

PATH = "/account/data"


@router.get(PATH)
async def data(request: Request, me: Own) -> Response:
    return own_page(request, me, "own/data.html", here="data", error="")


@router.post(f"{PATH}/export")
async def export(request: Request, caller: Calling) -> Response:
    """The file itself."""
    async with caller.begin() as visit:
        me = await me_of(request, visit)
        await require_fresh(me, PATH)
    try:
        await caller.services.limiter.take(limits.EXPORTS.key(str(me.account.id)))
    except limits.TooManyAttempts as limit:
        return own_page(request, me, "own/data.html", here="data", status=429, error=limit.title)
    async with caller.begin() as visit:
        me = await me_of(request, visit)
        found = await service.collect(visit, me.account)
    headers = {
        "Content-Disposition": f'attachment; filename="account-{caller.now:%Y-%m-%d}.json"',
        "Cache-Control": "no-store",
    }
    text = json.dumps(found, ensure_ascii=False, indent=2)
    return Response(text, media_type="application/json", headers=headers)
