"""`/api/v1/admin/keys`."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from identity_service.admin.access import AdminReading, AdminRoute, AdminWriting
from identity_service.admin.http import listed
from identity_service.admin.keys import service
from identity_service.admin.keys.service import KeyList, Rotation
from shared.web.edge import API

router = APIRouter(prefix=f"{API}/admin/keys", tags=["keys"], route_class=AdminRoute)


@router.get("", response_model=KeyList, summary="Signing keys")
async def keys(request: Request, admin: AdminReading) -> Response:
    return listed(request, await service.keys(admin))


@router.post("/rotate", response_model=KeyList, summary="Make new signing keys")
async def rotate(request: Request, admin: AdminWriting, wanted: Rotation) -> Response:
    await service.rotate(admin, at_once=wanted.at_once)
    return listed(request, await service.keys(admin))
