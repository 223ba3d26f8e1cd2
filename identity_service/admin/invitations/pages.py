"""Open invitations in the console."""

from typing import Annotated
from uuid import UUID

from fastapi import Form, Request
from starlette.responses import Response

from identity_service.admin.frame import Acting, Looking, console, console_router
from identity_service.admin.invitations import service
from identity_service.web import see_other
from shared.web.asked import PageAsked

router = console_router()
LIST = "/admin/invitations"
Which = Annotated[UUID, Form()]


@router.get(LIST)
async def waiting(request: Request, admin: Looking, cursor: str | None = None) -> Response:
    rows, older = await service.waiting(admin, PageAsked(cursor=cursor))
    return console(request, admin, "invitations.html", here="invitations", rows=rows, older=older)


@router.post(LIST + "/send-again")
async def send_again(admin: Acting, invitation: Which) -> Response:
    await service.send_again(admin, invitation)
    return see_other(f"{LIST}?done=sent-again")


@router.post(LIST + "/withdraw")
async def withdraw(admin: Acting, invitation: Which) -> Response:
    await service.withdraw(admin, invitation)
    return see_other(f"{LIST}?done=withdrawn")
