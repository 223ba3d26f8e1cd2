"""Open invitations in the console."""

from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from identity_service.admin.frame import Acting, Looking, console, console_router
from identity_service.admin.invitations import service
from identity_service.web import see_other
from shared.web.asked import PageAsked

router = console_router()
LIST = "/admin/invitations"


@router.get(LIST)
async def waiting(request: Request, admin: Looking, cursor: str | None = None) -> Response:
    rows, older = await service.waiting(admin, PageAsked(cursor=cursor))
    return console(request, admin, "invitations.html", here="invitations", rows=rows, older=older)


@router.post(LIST + "/{invitation_id}/send-again")
async def send_again(admin: Acting, invitation_id: UUID) -> Response:
    await service.send_again(admin, invitation_id)
    return see_other(f"{LIST}?done=sent-again")


@router.post(LIST + "/{invitation_id}/withdraw")
async def withdraw(admin: Acting, invitation_id: UUID) -> Response:
    await service.withdraw(admin, invitation_id)
    return see_other(f"{LIST}?done=withdrawn")
