"""`/api/v1/me`."""

from fastapi import APIRouter
from starlette.responses import Response

from shared.tools.people.schemas import MeUpdate, MeView
from shared.tools.people.service import PeopleService, me
from shared.web.edge import API, ApiRead, ApiWrite, WriteRoute
from shared.web.json import Json

router = APIRouter(prefix=API, tags=["people"], route_class=WriteRoute)
ME: Json[MeView] = Json(MeView)


@router.get("/me", response_model=MeView, summary="Who you are here")
async def show_me(ctx: ApiRead) -> Response:
    return ME(await me(ctx))


@router.patch("/me", response_model=MeView, summary="Change your profile")
async def update_me(ctx: ApiWrite, change: MeUpdate) -> Response:
    return ME(await PeopleService(ctx.person()).update_me(change))
