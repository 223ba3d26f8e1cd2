"""`/api/v1/admin/upstreams`."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from identity_service.admin.access import Admin, AdminReading, AdminRoute, AdminWriting, let_go
from identity_service.admin.http import done, listed, require_match, single
from identity_service.admin.people.schemas import Confirmed
from identity_service.admin.upstreams import service, trying
from identity_service.admin.upstreams.schemas import (
    Change,
    Create,
    SamlChange,
    SamlCreate,
    UpstreamChange,
    UpstreamCreate,
    UpstreamList,
    UpstreamTest,
    UpstreamView,
)
from shared.web.edge import API

router = APIRouter(prefix=f"{API}/admin", tags=["upstreams"], route_class=AdminRoute)
LIST = "/upstreams"
ONE = LIST + "/{upstream_id}"
UpstreamPath = Annotated[str, Path(max_length=40)]


@router.get(LIST, response_model=UpstreamList, summary="Providers by way of which people sign in")
async def find(request: Request, admin: AdminReading) -> Response:
    return listed(request, await service.found(admin))


@router.post(LIST, response_model=UpstreamView, status_code=201, summary="Connect a provider")
async def create(admin: AdminWriting, wanted: UpstreamCreate) -> Response:
    return await _made(admin, wanted)


@router.post(
    "/saml-upstreams", response_model=UpstreamView, status_code=201, summary="Connect a provider of SAML"
)
async def create_saml(admin: AdminWriting, wanted: SamlCreate) -> Response:
    return await _made(admin, wanted)


@router.get(ONE, response_model=UpstreamView, summary="One provider")
async def show(admin: AdminReading, upstream_id: UpstreamPath) -> Response:
    return single(await service.view(admin, await service.upstream(admin, upstream_id)))


@router.put(ONE, response_model=UpstreamView, summary="Bring a provider to what it shall be")
async def change(
    request: Request, admin: AdminWriting, upstream_id: UpstreamPath, wanted: UpstreamChange
) -> Response:
    return await _changed(request, admin, upstream_id, wanted)


@router.put(
    "/saml-upstreams/{upstream_id}",
    response_model=UpstreamView,
    summary="Bring a provider of SAML to what it shall be",
)
async def change_saml(
    request: Request, admin: AdminWriting, upstream_id: UpstreamPath, wanted: SamlChange
) -> Response:
    return await _changed(request, admin, upstream_id, wanted)


@router.post(ONE + "/test", response_model=UpstreamTest, summary="Ask a provider what it says about itself")
async def test(request: Request, admin: AdminWriting, upstream_id: UpstreamPath) -> Response:
    row = await service.upstream(admin, upstream_id)
    service.record(admin, "upstream.tested", row.id)
    await let_go(request)
    return single(await trying.ask(admin.visit, trying.provider(row)))


@router.post(ONE + "/disable", response_model=UpstreamView, summary="Let nobody in by way of a provider")
async def disable(admin: AdminWriting, upstream_id: UpstreamPath) -> Response:
    row = await service.upstream(admin, upstream_id)
    await service.switch(admin, row, on=False)
    return single(await service.view(admin, row))


@router.post(ONE + "/enable", response_model=UpstreamView, summary="Let people in by way of a provider again")
async def enable(admin: AdminWriting, upstream_id: UpstreamPath) -> Response:
    row = await service.upstream(admin, upstream_id)
    await service.switch(admin, row, on=True)
    return single(await service.view(admin, row))


@router.post(ONE + "/remove", status_code=204, summary="Forget a provider, confirmed by its id")
async def remove(
    request: Request, admin: AdminWriting, upstream_id: UpstreamPath, confirmed: Confirmed
) -> Response:
    row = await service.upstream(admin, upstream_id)
    require_match(request, await service.view(admin, row))
    await service.remove(admin, row, name=confirmed.name)
    return done()


async def _made(admin: Admin, wanted: Create) -> Response:
    made = await service.create(admin, wanted)
    headers = {"Location": f"{router.prefix}{LIST}/{made.id}"}
    return single(await service.view(admin, made), status=201, headers=headers)


async def _changed(request: Request, admin: Admin, upstream_id: str, wanted: Change) -> Response:
    row = await service.upstream(admin, upstream_id)
    require_match(request, await service.view(admin, row))
    return single(await service.view(admin, await service.change(admin, row, wanted)))
