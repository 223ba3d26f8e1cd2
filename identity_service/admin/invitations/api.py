"""`/api/v1/admin/invitations`. Inviting a colleague is `POST /api/v1/admin/people`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from identity_service.admin.access import AdminReading, AdminRoute, AdminWriting
from identity_service.admin.http import done, listed
from identity_service.admin.invitations import service
from identity_service.admin.invitations.service import InvitationsPage
from shared.web.asked import PageAsked
from shared.web.edge import API

router = APIRouter(prefix=f"{API}/admin/invitations", tags=["people"], route_class=AdminRoute)
ONE = "/{invitation_id}"


@router.get("", response_model=InvitationsPage, summary="Invitations that nobody accepted yet")
async def waiting(request: Request, admin: AdminReading, asked: Annotated[PageAsked, Query()]) -> Response:
    rows, cursor = await service.waiting(admin, asked)
    return listed(request, rows, cursor)


@router.post(ONE + "/send-again", status_code=204, summary="Send an invitation again, with another link")
async def send_again(admin: AdminWriting, invitation_id: UUID) -> Response:
    await service.send_again(admin, invitation_id)
    return done()


@router.delete(ONE, status_code=204, summary="Withdraw an invitation")
async def withdraw(admin: AdminWriting, invitation_id: UUID) -> Response:
    await service.withdraw(admin, invitation_id)
    return done()
