"""`/api/v1/admin/groups`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from identity_service.admin.access import AdminReading, AdminRoute, AdminWriting
from identity_service.admin.groups import service
from identity_service.admin.groups.schemas import (
    GroupChange,
    GroupCreate,
    GroupsAsked,
    GroupsPage,
    GroupView,
    MembersPage,
)
from identity_service.admin.http import done, listed, require_match, single
from identity_service.admin.people import service as people
from identity_service.admin.people.schemas import Confirmed
from shared.web.asked import PageAsked
from shared.web.edge import API

router = APIRouter(prefix=f"{API}/admin/groups", tags=["groups"], route_class=AdminRoute)
ONE = "/{group_id}"
MEMBER = ONE + "/members/{account_id}"


@router.get("", response_model=GroupsPage, summary="Groups of colleagues by name")
async def find(request: Request, admin: AdminReading, asked: Annotated[GroupsAsked, Query()]) -> Response:
    rows, cursor = await service.found(admin, asked)
    return listed(request, rows, cursor)


@router.post("", response_model=GroupView, status_code=201, summary="Make a group")
async def create(admin: AdminWriting, wanted: GroupCreate) -> Response:
    made = await service.create(admin, wanted)
    headers = {"Location": f"{router.prefix}/{made.id}"}
    return single(await service.view(admin, made.id), status=201, headers=headers)


@router.get(ONE, response_model=GroupView, summary="One group")
async def show(admin: AdminReading, group_id: UUID) -> Response:
    return single(await service.view(admin, group_id))


@router.patch(ONE, response_model=GroupView, summary="Rename a group, or change the role that it gives")
async def change(request: Request, admin: AdminWriting, group_id: UUID, wanted: GroupChange) -> Response:
    row = await service.group(admin, group_id)
    require_match(request, await service.view(admin, group_id))
    await service.change(admin, row, wanted)
    return single(await service.view(admin, group_id))


@router.post(ONE + "/remove", status_code=204, summary="Delete a group, confirmed by its name")
async def remove(request: Request, admin: AdminWriting, group_id: UUID, confirmed: Confirmed) -> Response:
    row = await service.group(admin, group_id)
    require_match(request, await service.view(admin, group_id))
    await service.remove(admin, row, name=confirmed.name)
    return done()


@router.get(ONE + "/members", response_model=MembersPage, summary="Who is in a group")
async def members(
    request: Request, admin: AdminReading, group_id: UUID, asked: Annotated[PageAsked, Query()]
) -> Response:
    await service.view(admin, group_id)
    rows, cursor = await service.members(admin, group_id, asked)
    return listed(request, rows, cursor)


@router.put(MEMBER, status_code=204, summary="Put somebody into a group")
async def add(admin: AdminWriting, group_id: UUID, account_id: UUID) -> Response:
    row = await service.group(admin, group_id)
    await service.add(admin, row, await people.account(admin, account_id))
    return done()


@router.delete(MEMBER, status_code=204, summary="Take somebody out of a group")
async def drop(admin: AdminWriting, group_id: UUID, account_id: UUID) -> Response:
    await service.drop(admin, await service.group(admin, group_id), account_id)
    return done()
