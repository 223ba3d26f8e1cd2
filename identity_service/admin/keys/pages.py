"""Signing keys in the console."""

from fastapi import Request
from starlette.responses import Response

from identity_service.admin.frame import Acting, Looking, Text, console, console_router
from identity_service.admin.keys import service
from identity_service.web import see_other

router = console_router()
LIST = "/admin/keys"


@router.get(LIST)
async def keys(request: Request, admin: Looking) -> Response:
    return console(request, admin, "keys.html", here="keys", keys=await service.keys(admin))


@router.post(LIST + "/rotate")
async def rotate(admin: Acting, when: Text = "") -> Response:
    await service.rotate(admin, at_once=when == "at-once")
    return see_other(f"{LIST}?done=rotated")
