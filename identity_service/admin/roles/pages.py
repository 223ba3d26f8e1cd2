"""Roles in the console."""

from typing import Any

from fastapi import Request
from starlette.responses import Response

from identity_service.admin.access import Admin
from identity_service.admin.errors import StillUsed
from identity_service.admin.frame import Acting, Looking, NotTaken, Text, console, console_router
from identity_service.admin.roles import service
from identity_service.admin.roles.service import RoleCreate
from identity_service.web import see_other
from shared.kernel.errors import Problem
from shared.web.forms import NOTHING_WRONG, Refusal, read

router = console_router()
LIST = "/admin/roles"
_PATTERNS = {"name": "Two to fifty small letters, digits and underscores, beginning with a letter."}
_FRESH = {"name": "", "title": "", "realm": "staff"}


@router.get(LIST)
async def roles(request: Request, admin: Looking) -> Response:
    return await _page(request, admin)


@router.post(LIST + "/make")
async def make(
    request: Request, admin: Acting, name: Text = "", title: Text = "", realm: Text = "staff"
) -> Response:
    typed = {"name": name, "title": title, "realm": realm}
    try:
        await service.create(admin, read(RoleCreate, _PATTERNS, **typed))
    except Problem as problem:
        refused = Refusal(problem, about="name")
        raise NotTaken(await _page(request, admin, typed=typed, refused=refused)) from None
    return see_other(f"{LIST}?done=role")


@router.post(LIST + "/remove")
async def remove(request: Request, admin: Acting, name: Text = "") -> Response:
    try:
        await service.remove(admin, name)
    except StillUsed as problem:
        raise NotTaken(await _page(request, admin, refused=Refusal(problem))) from None
    return see_other(f"{LIST}?done=removed")


async def _page(
    request: Request, admin: Admin, *, typed: dict[str, Any] = _FRESH, refused: Refusal = NOTHING_WRONG
) -> Response:
    return console(
        request,
        admin,
        "roles.html",
        here="roles",
        rows=await service.all_roles(admin),
        typed=typed,
        refused=refused,
    )
