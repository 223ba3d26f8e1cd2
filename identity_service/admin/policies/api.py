"""`/api/v1/admin/policies`."""

from typing import Literal

from fastapi import APIRouter, Request
from starlette.responses import Response

from identity_service.admin.access import AdminReading, AdminRoute, AdminWriting
from identity_service.admin.http import listed, require_match, single
from identity_service.admin.policies import service
from identity_service.admin.policies.service import PolicyChange, PolicyList, PolicyView
from shared.web.edge import API

router = APIRouter(prefix=f"{API}/admin/policies", tags=["policies"], route_class=AdminRoute)
Realm = Literal["staff", "customer"]


@router.get("", response_model=PolicyList, summary="What each realm asks at the sign-in")
async def policies(request: Request, admin: AdminReading) -> Response:
    return listed(request, await service.all_policies(admin))


@router.get("/{realm}", response_model=PolicyView, summary="What one realm asks at the sign-in")
async def show(admin: AdminReading, realm: Realm) -> Response:
    return single(await service.policy(admin, realm))


@router.put("/{realm}", response_model=PolicyView, summary="Change what a realm asks at the sign-in")
async def change(request: Request, admin: AdminWriting, realm: Realm, wanted: PolicyChange) -> Response:
    require_match(request, await service.policy(admin, realm))
    return single(await service.change(admin, realm, wanted))
