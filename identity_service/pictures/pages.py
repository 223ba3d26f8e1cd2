"""Uploading one's picture, and showing it to everybody who has its address."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, File, Request, UploadFile
from starlette.responses import Response

from identity_service.limits import service as limits
from identity_service.own.frame import Own, me_of
from identity_service.pictures import service
from identity_service.pictures.errors import BadPicture, PictureTooLarge
from identity_service.profile.pages import profile_page
from identity_service.web import Calling, see_other
from shared.web.csrf import own_form_only

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form_only)])

UPLOAD_PATH = "/account/profile/picture"
MAX_UPLOAD = service.MAX_BYTES + 50_000
"""Bytes of the form around the largest picture."""
ONCE_MADE_NEVER_CHANGED = {"Cache-Control": "public, max-age=31536000, immutable"}


@router.post(UPLOAD_PATH)
async def upload(
    request: Request, caller: Calling, picture: Annotated[UploadFile | None, File()] = None
) -> Response:
    async with caller.begin() as visit:
        me = await me_of(request, visit)
    try:
        await caller.services.limiter.take(limits.PICTURES.key(str(me.account.id)))
        content = await picture.read(service.MAX_BYTES + 1) if picture else b""
        squares = await service.squares(content)
    except (BadPicture, PictureTooLarge, limits.TooManyAttempts) as error:
        async with caller.begin() as visit:
            me = await me_of(request, visit)
            return profile_page(request, me, errors=[("f-picture", error.detail)])
    async with caller.begin() as visit:
        me = await me_of(request, visit)
        await service.keep(visit, me.account, squares)
    return see_other("/account/profile?done=picture")


@router.post("/account/profile/no-picture")
async def remove(me: Own) -> Response:
    await service.remove(me.visit, me.account)
    return see_other("/account/profile?done=no-picture")


@router.get("/pictures/{picture_id}")
async def show(caller: Calling, picture_id: UUID, size: int = service.SIZES[0]) -> Response:
    content = await service.read(caller, picture_id, size)
    return Response(content, media_type=service.MEDIA_TYPE, headers=ONCE_MADE_NEVER_CHANGED)
