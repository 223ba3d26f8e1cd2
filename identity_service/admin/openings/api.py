"""`/api/v1/admin/initial-access-tokens`."""

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from identity_service.admin.access import AdminReading, AdminRoute, AdminWriting, shown_once
from identity_service.admin.http import done, listed, single
from identity_service.admin.openings import service
from identity_service.admin.openings.service import Opened, OpeningCreate, OpeningList
from shared.web.edge import API

router = APIRouter(prefix=f"{API}/admin/initial-access-tokens", tags=["clients"], route_class=AdminRoute)


@router.get("", response_model=OpeningList, summary="Who may register clients by themselves")
async def openings(request: Request, admin: AdminReading) -> Response:
    return listed(request, await service.openings(admin))


@router.post("", response_model=Opened, status_code=201, summary="Let somebody register clients")
async def create(request: Request, admin: AdminWriting, wanted: OpeningCreate) -> Response:
    shown_once(request)
    return single(Opened(await service.create(admin, wanted)), status=201)


@router.delete("/{opening_id}", status_code=204, summary="Take an initial access token back")
async def close(admin: AdminWriting, opening_id: UUID) -> Response:
    await service.close(admin, opening_id)
    return done()
