"""/account/profile, and the picture on it."""

from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from starlette.responses import Response

from identity_service.accounts.errors import BadName
from identity_service.limits import service as limits
from identity_service.own.frame import Me, Own, me_of, own_page
from identity_service.pictures import service as pictures
from identity_service.pictures.errors import BadPicture, PictureTooLarge
from identity_service.profile import service
from identity_service.profile.errors import BadLocale, BadZone
from identity_service.web import Calling, see_other
from shared.web.csrf import own_form_only

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form_only)])

Text = Annotated[str, Form()]
UPLOAD_PATH = "/account/profile/picture"
MAX_UPLOAD = 12_000_000
"""Bytes of the form: who chose a photograph as telephones take them is told beside the field that it is too
large."""
FIELDS = {BadName: "f-name", BadLocale: "f-locale", BadZone: "f-zone"}


@router.get("/account/profile")
async def profile(request: Request, me: Own) -> Response:
    return profile_page(request, me)


@router.post("/account/profile")
async def save_profile(
    request: Request, me: Own, name: Text = "", locale: Text = "", zone: Text = ""
) -> Response:
    try:
        await service.change(me.visit, me.account, name=name, locale=locale, zone=zone)
    except (BadName, BadLocale, BadZone) as error:
        wrong = (FIELDS[type(error)], error.detail)
        return profile_page(request, me, typed=(name, locale, zone), errors=[wrong])
    return see_other("/account/profile?done=profile")


@router.post(UPLOAD_PATH)
async def upload(
    request: Request, caller: Calling, picture: Annotated[UploadFile | None, File()] = None
) -> Response:
    async with caller.begin() as visit:
        me = await me_of(request, visit)
    try:
        await caller.services.limiter.take(limits.PICTURES.key(str(me.account.id)))
        content = await picture.read(pictures.MAX_BYTES + 1) if picture else b""
        squares = await pictures.squares(content)
    except (BadPicture, PictureTooLarge, limits.TooManyAttempts) as error:
        async with caller.begin() as visit:
            me = await me_of(request, visit)
            return profile_page(request, me, errors=[("f-picture", error.detail)])
    async with caller.begin() as visit:
        me = await me_of(request, visit)
        await pictures.keep(visit, me.account, squares)
    return see_other("/account/profile?done=picture")


@router.post("/account/profile/no-picture")
async def remove(me: Own) -> Response:
    await pictures.remove(me.visit, me.account)
    return see_other("/account/profile?done=no-picture")


def profile_page(
    request: Request,
    me: Me,
    *,
    typed: tuple[str, str, str] | None = None,
    errors: list[tuple[str, str]] | None = None,
) -> Response:
    """The forms, with what was typed and what was wrong."""
    account = me.account
    name, locale, zone = typed or (account.name, account.locale or "", account.zoneinfo or "")
    return own_page(
        request,
        me,
        "own/profile.html",
        here="profile",
        status=422 if errors else 200,
        name=name,
        locale=locale,
        zone=zone,
        locales=list(service.LOCALES.items()),
        zones=[("", "As the site chooses"), *((zone, zone.replace("_", " ")) for zone in service.zones())],
        errors=errors or [],
    )
