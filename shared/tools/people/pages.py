"""`/me`: one's own profile."""

from typing import Annotated, Any
from zoneinfo import available_timezones

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from shared.db.context import ReadContext
from shared.kernel.errors import Invalid
from shared.tools.people.schemas import MeUpdate
from shared.tools.people.service import PeopleService, me
from shared.web.edge import PageRead, PageWrite, WriteRoute
from shared.web.forms import NOTHING_WRONG, Refusal, read
from shared.web.page import ShowAgain, see, show

router = APIRouter(include_in_schema=False, route_class=WriteRoute)

REGIONS = tuple(
    f"{region}/"
    for region in (
        "Africa",
        "America",
        "Antarctica",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    )
)
ZONES = ("UTC", *sorted(zone for zone in available_timezones() if zone.startswith(REGIONS)))
"""Places a person lives in; the other names are aliases of these."""


async def _profile(request: Request, ctx: ReadContext, **values: Any) -> Response:
    mine = await me(ctx)
    zones = ZONES if mine.time_zone in ZONES else (mine.time_zone, *ZONES)
    typed: dict[str, Any] = {"bio": mine.bio, "time_zone": mine.time_zone, "refused": NOTHING_WRONG}
    return await show(request, ctx, "people/me.html", me=mine, zones=zones, **(typed | values))


@router.get("/me")
async def show_me(request: Request, ctx: PageRead) -> Response:
    return await _profile(request, ctx)


@router.post("/me")
async def update_me(
    request: Request,
    ctx: PageWrite,
    bio: Annotated[str, Form()] = "",
    time_zone: Annotated[str, Form()] = "UTC",
) -> Response:
    try:
        change = read(MeUpdate, bio=bio, time_zone=time_zone)
        await PeopleService(ctx.person()).update_me(change)
    except Invalid as problem:
        refused = Refusal(problem, labels={"bio": "About you"})
        raise ShowAgain(_profile, bio=bio, time_zone=time_zone, refused=refused) from None
    return see("/me?done=profile")
