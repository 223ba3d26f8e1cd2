"""`/api/v1/admin/clients`."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from identity_service.admin.access import AdminReading, AdminRoute, AdminWriting, shown_once
from identity_service.admin.clients import service
from identity_service.admin.clients.schemas import (
    ClientCreate,
    ClientMade,
    ClientsAsked,
    ClientsPage,
    ClientView,
    NewSecret,
    SecretRotation,
)
from identity_service.admin.http import done, listed, require_match, single
from identity_service.admin.people.schemas import Confirmed
from identity_service.clients.metadata import ClientMetadata
from shared.web.edge import API

router = APIRouter(prefix=f"{API}/admin/clients", tags=["clients"], route_class=AdminRoute)
ONE = "/{client_id}"
ClientPath = Annotated[str, Path(max_length=200)]


@router.get("", response_model=ClientsPage, summary="Clients by id")
async def find(request: Request, admin: AdminReading, asked: Annotated[ClientsAsked, Query()]) -> Response:
    rows, cursor = await service.found(admin, asked)
    return listed(request, rows, cursor)


@router.post(
    "", response_model=ClientMade, status_code=201, summary="Make a client; its secret is shown once"
)
async def create(request: Request, admin: AdminWriting, wanted: ClientCreate) -> Response:
    shown_once(request)
    made, secret = await service.create(admin, wanted)
    view = service.view(made, admin.visit.now)
    return single(ClientMade(view, secret), status=201, headers={"Location": f"{router.prefix}/{made.id}"})


@router.get(ONE, response_model=ClientView, summary="One client")
async def show(admin: AdminReading, client_id: ClientPath) -> Response:
    return single(service.view(await service.client(admin, client_id), admin.visit.now))


@router.put(ONE, response_model=ClientMade, summary="Bring a client to what it shall be")
async def change(
    request: Request, admin: AdminWriting, client_id: ClientPath, wanted: ClientMetadata
) -> Response:
    shown_once(request)
    row = await service.client(admin, client_id)
    require_match(request, service.view(row, admin.visit.now))
    changed, secret = await service.change(admin, row, wanted)
    view = service.view(changed, admin.visit.now)
    return single(ClientMade(view, secret))


@router.post(ONE + "/secret", response_model=NewSecret, summary="Give a client a new secret, shown once")
async def rotate_secret(
    request: Request, admin: AdminWriting, client_id: ClientPath, wanted: SecretRotation
) -> Response:
    shown_once(request)
    row = await service.client(admin, client_id)
    secret = await service.rotate_secret(admin, row, wanted)
    return single(NewSecret(secret, row.old_secret_until))


@router.post(ONE + "/disable", response_model=ClientView, summary="Shut a client out")
async def disable(admin: AdminWriting, client_id: ClientPath) -> Response:
    row = await service.client(admin, client_id)
    await service.disable(admin, row)
    return single(service.view(row, admin.visit.now))


@router.post(ONE + "/enable", response_model=ClientView, summary="Let a client in again")
async def enable(admin: AdminWriting, client_id: ClientPath) -> Response:
    row = await service.client(admin, client_id)
    await service.enable(admin, row)
    return single(service.view(row, admin.visit.now))


@router.post(ONE + "/remove", status_code=204, summary="Delete a client for good, confirmed by its id")
async def remove(
    request: Request, admin: AdminWriting, client_id: ClientPath, confirmed: Confirmed
) -> Response:
    row = await service.client(admin, client_id)
    require_match(request, service.view(row, admin.visit.now))
    await service.remove(admin, row, name=confirmed.name)
    return done()
