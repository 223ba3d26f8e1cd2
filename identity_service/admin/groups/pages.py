"""Groups in the console."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Form, Request
from starlette.responses import Response

from identity_service.admin.access import Admin
from identity_service.admin.frame import Acting, Looking, NotTaken, Text, console, console_router, unconfirmed
from identity_service.admin.groups import service
from identity_service.admin.groups.schemas import GroupChange, GroupCreate, GroupsAsked
from identity_service.admin.roles import service as roles
from identity_service.web import see_other
from shared.kernel.errors import Problem
from shared.web.asked import PageAsked
from shared.web.forms import Refusal, read

router = console_router()
LIST = "/admin/groups"
ONE = LIST + "/{group_id}"


@router.get(LIST)
async def groups(request: Request, admin: Looking, q: str = "", cursor: str | None = None) -> Response:
    return await _list(request, admin, GroupsAsked(q=q[:200], cursor=cursor))


@router.post(LIST + "/make")
async def make(request: Request, admin: Acting, name: Text = "", role: Text = "") -> Response:
    try:
        made = await service.create(admin, read(GroupCreate, name=name, role=role or None))
    except Problem as problem:
        refused = Refusal(problem, about="name")
        again = await _list(request, admin, GroupsAsked(), name=name, role=role, refused=refused)
        raise NotTaken(again) from None
    return _done(made.id, "group")


@router.get(ONE)
async def group(request: Request, admin: Looking, group_id: UUID, cursor: str | None = None) -> Response:
    return await _shown(request, admin, group_id, PageAsked(cursor=cursor))


@router.post(ONE + "/change")
async def change(request: Request, admin: Acting, group_id: UUID, role: Text = "") -> Response:
    """The form of a group that a directory keeps asks for no name."""
    row = await service.group(admin, group_id)
    typed: dict[str, Any] = {"role": role}
    if (name := (await request.form()).get("name")) is not None:
        typed["name"] = name
    try:
        await service.change(admin, row, read(GroupChange, **typed | {"role": role or None}))
    except Problem as problem:
        refused = Refusal(problem, about="name")
        again = await _shown(request, admin, group_id, PageAsked(), **typed, refused=refused)
        raise NotTaken(again) from None
    return _done(group_id, "changed")


@router.post(ONE + "/add")
async def add(request: Request, admin: Acting, group_id: UUID, email: Text = "") -> Response:
    row = await service.group(admin, group_id)
    try:
        await service.add(admin, row, await service.colleague(admin, email))
    except Problem as problem:
        refused = Refusal(problem, about="email")
        again = await _shown(request, admin, group_id, PageAsked(), email=email, refused=refused)
        raise NotTaken(again) from None
    return _done(group_id, "joined")


@router.post(ONE + "/drop")
async def drop(admin: Acting, group_id: UUID, account: Annotated[UUID, Form()]) -> Response:
    await service.drop(admin, await service.group(admin, group_id), account)
    return _done(group_id, "left")


@router.post(ONE + "/remove")
async def remove(request: Request, admin: Acting, group_id: UUID, name: Text = "") -> Response:
    row = await service.group(admin, group_id)
    try:
        await service.remove(admin, row, name=name)
    except Problem as problem:
        refused = unconfirmed(problem)
        again = await _shown(request, admin, group_id, PageAsked(), confirmation=name, refused=refused)
        raise NotTaken(again) from None
    return see_other(f"{LIST}?done=removed")


def _done(group_id: UUID, what: str) -> Response:
    return see_other(f"{LIST}/{group_id}?done={what}")


async def _roles(admin: Admin) -> list[tuple[str, str]]:
    known = [role for role in await roles.all_roles(admin) if role.realm == service.REALM]
    return [("", "No role"), *((role.name, role.title) for role in known)]


async def _list(request: Request, admin: Admin, asked: GroupsAsked, **more: Any) -> Response:
    rows, older = await service.found(admin, asked)
    values: dict[str, Any] = {"rows": rows, "q": asked.q, "older": older, "roles": await _roles(admin)}
    values |= {"name": "", "role": ""}
    return console(request, admin, "groups.html", here="groups", **values | more)


async def _shown(request: Request, admin: Admin, group_id: UUID, asked: PageAsked, **more: Any) -> Response:
    view = await service.view(admin, group_id)
    rows, older = await service.members(admin, group_id, asked)
    values: dict[str, Any] = {"group": view, "members": rows, "older": older, "roles": await _roles(admin)}
    values |= {"name": view.name, "role": view.role or "", "email": "", "confirmation": ""}
    return console(request, admin, "group.html", here="groups", **values | more)
