"""`/api/v1/admin/roles`."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from identity_service.admin.access import AdminReading, AdminRoute, AdminWriting
from identity_service.admin.http import done, listed, single
from identity_service.admin.roles import service
from identity_service.admin.roles.service import RoleCreate, RoleList, RoleView
from shared.web.edge import API

router = APIRouter(prefix=f"{API}/admin/roles", tags=["roles"], route_class=AdminRoute)


@router.get("", response_model=RoleList, summary="All roles")
async def roles(request: Request, admin: AdminReading) -> Response:
    return listed(request, await service.all_roles(admin))


@router.post("", response_model=RoleView, status_code=201, summary="Make a role")
async def create(admin: AdminWriting, wanted: RoleCreate) -> Response:
    return single(await service.create(admin, wanted), status=201)


@router.delete("/{name}", status_code=204, summary="Delete a role that nobody has")
async def remove(admin: AdminWriting, name: Annotated[str, Path(max_length=50)]) -> Response:
    await service.remove(admin, name)
    return done()
