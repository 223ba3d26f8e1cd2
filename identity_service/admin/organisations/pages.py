"""Organisations in the console."""

from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from identity_service.admin.access import Admin
from identity_service.admin.frame import Acting, Looking, NotTaken, Text, console, console_router, unconfirmed
from identity_service.admin.organisations import service
from identity_service.admin.organisations.schemas import OrganisationChange, OrganisationsAsked
from identity_service.web import see_other
from shared.kernel.errors import Problem
from shared.web.forms import Refusal, read

router = console_router()
LIST = "/admin/organisations"
ONE = LIST + "/{organisation_id}"


@router.get(LIST)
async def organisations(request: Request, admin: Looking, cursor: str | None = None) -> Response:
    return await _list(request, admin, OrganisationsAsked(cursor=cursor))


@router.post(LIST + "/make")
async def make(request: Request, admin: Acting, name: Text = "", partner: Text = "") -> Response:
    try:
        await service.create(admin, read(OrganisationChange, name=name, is_partner=bool(partner)))
    except Problem as problem:
        refused = Refusal(problem, about="name")
        again = await _list(
            request, admin, OrganisationsAsked(), name=name, partner=bool(partner), refused=refused
        )
        raise NotTaken(again) from None
    return see_other(f"{LIST}?done=changed")


@router.get(ONE)
async def organisation(request: Request, admin: Looking, organisation_id: UUID) -> Response:
    return await _shown(request, admin, organisation_id)


@router.post(ONE + "/change")
async def change(
    request: Request, admin: Acting, organisation_id: UUID, name: Text = "", partner: Text = ""
) -> Response:
    await service.organisation(admin, organisation_id)
    try:
        wanted = read(OrganisationChange, name=name, is_partner=bool(partner))
        await service.change(admin, organisation_id, wanted)
    except Problem as problem:
        refused = Refusal(problem, about="name")
        again = await _shown(
            request, admin, organisation_id, name=name, partner=bool(partner), refused=refused
        )
        raise NotTaken(again) from None
    return see_other(f"{LIST}/{organisation_id}?done=changed")


@router.post(ONE + "/remove")
async def remove(request: Request, admin: Acting, organisation_id: UUID, name: Text = "") -> Response:
    await service.organisation(admin, organisation_id)
    try:
        await service.remove(admin, organisation_id, name=name)
    except Problem as problem:
        again = await _shown(request, admin, organisation_id, confirmation=name, refused=unconfirmed(problem))
        raise NotTaken(again) from None
    return see_other(f"{LIST}?done=removed")


async def _list(request: Request, admin: Admin, asked: OrganisationsAsked, **more: Any) -> Response:
    rows, older = await service.organisations(admin, asked)
    values: dict[str, Any] = {"name": "", "partner": False, "rows": rows, "older": older}
    return console(request, admin, "organisations.html", here="organisations", **values | more)


async def _shown(request: Request, admin: Admin, organisation_id: UUID, **more: Any) -> Response:
    found = await service.organisation(admin, organisation_id)
    values: dict[str, Any] = {"organisation": found, "name": found.name, "partner": found.is_partner}
    values["confirmation"] = ""
    return console(request, admin, "organisation.html", here="organisations", **values | more)
