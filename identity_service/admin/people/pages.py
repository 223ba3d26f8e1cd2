"""People in the console."""

from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from identity_service.accounts.errors import BadName
from identity_service.accounts.models import Account
from identity_service.admin.access import Admin
from identity_service.admin.frame import (
    Acting,
    Looking,
    Names,
    NotTaken,
    Text,
    console,
    console_router,
    unconfirmed,
)
from identity_service.admin.organisations import service as organisations
from identity_service.admin.people import service
from identity_service.admin.people.schemas import PeopleAsked, PersonChange, StaffInvite
from identity_service.admin.roles import service as roles
from identity_service.web import see_other
from shared.kernel.errors import Problem
from shared.web.forms import Refusal, read

router = console_router()
_IDS = {"roles": "f-role", "organisation_id": "f-organisation"}
PERSON = "/admin/people/{account_id}"


@router.get("/admin")
async def front(admin: Looking) -> Response:
    return see_other("/admin/people")


@router.get("/admin/people")
async def people(request: Request, admin: Looking, q: str = "", cursor: str | None = None) -> Response:
    rows, older = await service.people(admin, PeopleAsked(q=q[:200], cursor=cursor))
    return console(request, admin, "people.html", here="people", people=rows, q=q, older=older)


@router.get("/admin/people/invite")
async def ask_to_invite(request: Request, admin: Looking) -> Response:
    return await _invitation(request, admin)


@router.post("/admin/people/invite/send")
async def invite(request: Request, admin: Acting, email: Text = "", role: Names = []) -> Response:  # noqa: B006 # FastAPI copies it
    try:
        await service.invite(admin, read(StaffInvite, email=email, roles=role))
    except Problem as problem:
        refused = Refusal(problem, about="email", ids=_IDS)
        again = await _invitation(request, admin, email=email, chosen=role, refused=refused)
        raise NotTaken(again) from None
    return see_other("/admin/people?done=invited")


@router.get(PERSON)
async def person(request: Request, admin: Looking, account_id: UUID) -> Response:
    return await _shown(request, admin, await service.account(admin, account_id))


@router.post(PERSON + "/change")
async def change(
    request: Request,
    admin: Acting,
    account_id: UUID,
    name: Text = "",
    role: Names = [],  # noqa: B006 # FastAPI copies it
    organisation: Text = "",
) -> Response:
    who = await service.account(admin, account_id)
    said: dict[str, Any] = {"name": name, "roles": role}
    if who.realm == "customer":
        said["organisation_id"] = organisation or None
    try:
        await service.change(admin, who, read(PersonChange, **said))
    except Problem as problem:
        refused = Refusal(problem, about="name" if isinstance(problem, BadName) else "roles", ids=_IDS)
        again = await _shown(
            request, admin, who, name=name, chosen=role, organisation=organisation, refused=refused
        )
        raise NotTaken(again) from None
    return _done(account_id, "changed")


@router.post(PERSON + "/deactivate")
async def deactivate(admin: Acting, account_id: UUID) -> Response:
    await service.deactivate(admin, await service.account(admin, account_id))
    return _done(account_id, "deactivated")


@router.post(PERSON + "/reactivate")
async def reactivate(admin: Acting, account_id: UUID) -> Response:
    await service.reactivate(admin, await service.account(admin, account_id))
    return _done(account_id, "reactivated")


@router.post(PERSON + "/purge")
async def purge(request: Request, admin: Acting, account_id: UUID, name: Text = "") -> Response:
    who = await service.account(admin, account_id)
    try:
        await service.purge(admin, who, name=name)
    except Problem as problem:
        refused = unconfirmed(problem, "purge")
        raise NotTaken(await _shown(request, admin, who, purged=name, refused=refused)) from None
    return see_other("/admin/people?done=purged")


@router.post(PERSON + "/end-sessions")
async def end_sessions(admin: Acting, account_id: UUID) -> Response:
    await service.end_sessions(admin, await service.account(admin, account_id))
    return _done(account_id, "sessions")


@router.post(PERSON + "/reset-factors")
async def reset_factors(request: Request, admin: Acting, account_id: UUID, name: Text = "") -> Response:
    who = await service.account(admin, account_id)
    try:
        service.confirm(name, who.name)
        await service.reset_factors(admin, who)
    except Problem as problem:
        refused = unconfirmed(problem, "reset")
        raise NotTaken(await _shown(request, admin, who, reset=name, refused=refused)) from None
    return _done(account_id, "factors")


@router.post(PERSON + "/password-link")
async def password_link(admin: Acting, account_id: UUID) -> Response:
    await service.send_password_link(admin, await service.account(admin, account_id))
    return _done(account_id, "link")


def _done(account_id: UUID, what: str) -> Response:
    return see_other(f"/admin/people/{account_id}?done={what}")


async def _roles(admin: Admin, realm: str) -> list[tuple[str, str, str]]:
    return [
        (role.name, role.title, role.name) for role in await roles.all_roles(admin) if role.realm == realm
    ]


async def _invitation(request: Request, admin: Admin, **more: Any) -> Response:
    values: dict[str, Any] = {"roles": await _roles(admin, "staff"), "email": "", "chosen": []}
    return console(request, admin, "invite.html", here="people", **values | more)


async def _shown(request: Request, admin: Admin, who: Account, **more: Any) -> Response:
    view = await service.view(admin, who)
    values: dict[str, Any] = {
        "person": view,
        "name": view.name,
        "chosen": view.given_roles,
        "organisation": str(view.organisation.id) if view.organisation else "",
        "sessions": await service.live_sessions(admin, who),
        "roles": await _roles(admin, view.realm),
        "organisations": await organisations.all_names(admin),
        "is_you": who.id == admin.account.id,
        "reset": "",
        "purged": "",
    }
    return console(request, admin, "person.html", here="people", **values | more)
