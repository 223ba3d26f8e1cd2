"""Initial access tokens in the console."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Form, Request
from starlette.responses import Response

from identity_service.admin.access import Admin
from identity_service.admin.frame import (
    Acting,
    Looking,
    Names,
    NotTaken,
    Text,
    console,
    console_router,
    shown_once,
)
from identity_service.admin.openings import service
from identity_service.admin.openings.service import OpeningCreate
from identity_service.web import see_other
from shared.kernel.errors import Problem
from shared.web.forms import NOTHING_WRONG, Refusal, read

router = console_router()
LIST = "/admin/initial-access-tokens"
_FRESH = {"note": "", "realms": ["customer"], "uses": "1", "days": "7"}


@router.get(LIST)
async def openings(request: Request, admin: Looking) -> Response:
    return await _page(request, admin)


@router.post(LIST + "/make")
async def make(
    request: Request,
    admin: Acting,
    note: Text = "",
    realms: Names = [],  # noqa: B006 # FastAPI copies it
    uses: Text = "",
    days: Text = "",
) -> Response:
    typed: dict[str, Any] = {"note": note, "realms": realms, "uses": uses, "days": days}
    try:
        wanted = read(OpeningCreate, note=note, realms=realms, uses=uses.strip() or None, days=days)
        token = await service.create(admin, wanted)
    except Problem as problem:
        raise NotTaken(await _page(request, admin, typed=typed, refused=Refusal(problem))) from None
    shown_once(request, f"{LIST}?done=made")
    return await _page(request, admin, token=token)


@router.post(LIST + "/revoke")
async def revoke(admin: Acting, opening: Annotated[UUID, Form()]) -> Response:
    await service.close(admin, opening)
    return see_other(f"{LIST}?done=revoked")


async def _page(
    request: Request,
    admin: Admin,
    *,
    token: str = "",
    typed: dict[str, Any] = _FRESH,
    refused: Refusal = NOTHING_WRONG,
) -> Response:
    return console(
        request,
        admin,
        "openings.html",
        here="openings",
        rows=await service.openings(admin),
        token=token,
        typed=typed,
        refused=refused,
    )
