"""/account/applications: the programs that have access to somebody's account."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from identity_service.consents import service
from identity_service.own.frame import Own, own_page
from identity_service.protocol.outcomes import SCOPE_WORDS
from identity_service.web import see_other
from shared.web.csrf import own_form_only

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form_only)])


@router.get("/account/applications")
async def applications(request: Request, me: Own) -> Response:
    return own_page(
        request,
        me,
        "own/applications.html",
        here="applications",
        applications=await service.applications(me.visit, me.account.id),
        words=SCOPE_WORDS,
    )


@router.post("/account/applications/revoke")
async def revoke(me: Own, client: Annotated[str, Form()] = "") -> Response:
    await service.cut_off(me.visit, me.account.id, client)
    return see_other("/account/applications?done=application")
