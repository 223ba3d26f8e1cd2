"""Groups in the console."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Form, Request
from starlette.responses import Response

from identity_service.admin.access import Admin
from identity_service.admin.frame import Acting, Looking, NotTaken, console, console_router
from identity_service.admin.groups import service
from identity_service.admin.groups.schemas import GroupChange, GroupCreate, GroupsAsked
from identity_service.admin.roles import service as roles
from identity_service.web import see_other
from shared.kernel.errors import Problem
from shared.web.asked import PageAsked
from shared.web.forms import NOTHING_WRONG, Refusal, read

router = console_router()
Text = Annotated[str, Form(max_length=254)]
MaybeText = Annotated[str | None, Form(max_length=254)]
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
        again = await _list(request, admin, GroupsAsked(), typed=(name, role), refused=refused)
        raise NotTaken(again) from None
    return _done(made.id, "group")


@router.get(ONE)
async def group(request: Request, admin: Looking, group_id: UUID, cursor: str | None = None) -> Response:
    return await _shown(request, admin, group_id, PageAsked(cursor=cursor))


@router.post(ONE + "/change")
async def change(
    request: Request, admin: Acting, group_id: UUID, name: MaybeText = None, role: Text = ""
) -> Response:
    row = await service.group(admin, group_id)
    try:
        await service.change(admin, row, read(GroupChange, name=name, role=role or None))
    except Problem as problem:
        refused = Refusal(problem, about="name")
        again = await _shown(request, admin, group_id, PageAsked(), name=name, refused=refused)
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
async def remove(admin: Acting, group_id: UUID, name: Text = "") -> Response:
    await service.remove(admin, await service.group(admin, group_id), name=name)
    return see_other(f"{LIST}?done=removed")


def _done(group_id: UUID, what: str) -> Response:
    return see_other(f"{LIST}/{group_id}?done={what}")


async def _roles(admin: Admin) -> list[tuple[str, str]]:
    known = [role for role in await roles.all_roles(admin) if role.realm == service.REALM]
    return [("", "No role"), *((role.name, role.title) for role in known)]


async def _list(
    request: Request,
    admin: Admin,
    asked: GroupsAsked,
    *,
    typed: tuple[str, str] = ("", ""),
    refused: Refusal = NOTHING_WRONG,
) -> Response:
    rows, older = await service.found(admin, asked)
    return console(
        request,
        admin,
        "groups.html",
        here="groups",
        status=422 if refused.summary else 200,
        rows=rows,
        q=asked.q,
        older=older,
        roles=await _roles(admin),
        typed=typed,
        refused=refused,
    )


async def _shown(
    request: Request,
    admin: Admin,
    group_id: UUID,
    asked: PageAsked,
    *,
    refused: Refusal = NOTHING_WRONG,
    **typed: Any,
) -> Response:
    view = await service.view(admin, group_id)
    rows, older = await service.members(admin, group_id, asked)
    return console(
        request,
        admin,
        "group.html",
        here="groups",
        status=422 if refused.summary else 200,
        group=view,
        name=typed.get("name") or view.name,
        email=typed.get("email", ""),
        members=rows,
        older=older,
        roles=await _roles(admin),
        refused=refused,
    )
