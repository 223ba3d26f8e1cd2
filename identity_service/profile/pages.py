"""/account/profile."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from identity_service.accounts.errors import BadName
from identity_service.own.frame import Me, Own, own_page
from identity_service.profile import service
from identity_service.profile.errors import BadLocale, BadZone
from identity_service.web import see_other
from shared.web.csrf import own_form_only

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form_only)])

Text = Annotated[str, Form()]
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
