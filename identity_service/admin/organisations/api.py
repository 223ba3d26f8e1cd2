"""`/api/v1/admin/organisations`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from identity_service.admin.access import AdminReading, AdminRoute, AdminWriting
from identity_service.admin.http import done, listed, require_match, single
from identity_service.admin.organisations import service
from identity_service.admin.organisations.schemas import (
    OrganisationChange,
    OrganisationsAsked,
    OrganisationsPage,
    OrganisationView,
)
from identity_service.admin.people.schemas import Confirmed
from shared.web.edge import API

router = APIRouter(prefix=f"{API}/admin/organisations", tags=["organisations"], route_class=AdminRoute)
ONE = "/{organisation_id}"


@router.get("", response_model=OrganisationsPage, summary="Organisations by name")
async def find(
    request: Request, admin: AdminReading, asked: Annotated[OrganisationsAsked, Query()]
) -> Response:
    rows, cursor = await service.organisations(admin, asked)
    return listed(request, rows, cursor)


@router.post("", response_model=OrganisationView, status_code=201, summary="Make an organisation")
async def create(admin: AdminWriting, wanted: OrganisationChange) -> Response:
    made = await service.create(admin, wanted)
    return single(made, status=201, headers={"Location": f"{router.prefix}/{made.id}"})


@router.get(ONE, response_model=OrganisationView, summary="One organisation")
async def show(admin: AdminReading, organisation_id: UUID) -> Response:
    return single(await service.organisation(admin, organisation_id))


@router.put(ONE, response_model=OrganisationView, summary="Change an organisation")
async def change(
    request: Request, admin: AdminWriting, organisation_id: UUID, wanted: OrganisationChange
) -> Response:
    require_match(request, await service.organisation(admin, organisation_id))
    return single(await service.change(admin, organisation_id, wanted))


@router.post(ONE + "/remove", status_code=204, summary="Delete an organisation, confirmed by its name")
async def remove(
    request: Request, admin: AdminWriting, organisation_id: UUID, confirmed: Confirmed
) -> Response:
    require_match(request, await service.organisation(admin, organisation_id))
    await service.remove(admin, organisation_id, name=confirmed.name)
    return done()
