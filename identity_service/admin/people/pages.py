"""People in the console."""

from typing import Annotated
from uuid import UUID

from fastapi import Form, Request
from starlette.responses import Response

from identity_service.admin.frame import Acting, Looking, console, console_router
from identity_service.admin.organisations import service as organisations
from identity_service.admin.people import service
from identity_service.admin.people.schemas import PeopleAsked, PersonChange, StaffInvite
from identity_service.admin.roles import service as roles
from identity_service.web import see_other
from shared.kernel.errors import Problem

router = console_router()
Text = Annotated[str, Form(max_length=254)]
Names = Annotated[list[str], Form(max_length=50)]
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
    known = [role for role in await roles.all_roles(admin) if role.realm == "staff"]
    return console(request, admin, "invite.html", here="people", roles=known, email="", error="")


@router.post("/admin/people/invite/send")
async def invite(request: Request, admin: Acting, email: Text = "", role: Names = []) -> Response:  # noqa: B006 # FastAPI copies it
    try:
        await service.invite(admin, StaffInvite(email=email, roles=role))
    except Problem as refusal:
        known = [one for one in await roles.all_roles(admin) if one.realm == "staff"]
        return console(
            request,
            admin,
            "invite.html",
            here="people",
            status=422,
            roles=known,
            email=email,
            error=refusal.detail,
        )
    return see_other("/admin/people?done=invited")


@router.get(PERSON)
async def person(request: Request, admin: Looking, account_id: UUID) -> Response:
    who = await service.account(admin, account_id)
    known = [role for role in await roles.all_roles(admin) if role.realm == who.realm]
    return console(
        request,
        admin,
        "person.html",
        here="people",
        person=await service.view(admin, who),
        sessions=await service.live_sessions(admin, who),
        roles=known,
        organisations=await organisations.all_names(admin),
        is_you=who.id == admin.account.id,
    )


@router.post(PERSON + "/change")
async def change(
    admin: Acting,
    account_id: UUID,
    name: Text = "",
    role: Names = [],  # noqa: B006 # FastAPI copies it
    organisation: Text = "",
) -> Response:
    who = await service.account(admin, account_id)
    wanted = PersonChange(name=name, roles=role)
    if who.realm == "customer":
        wanted = PersonChange(
            name=name, roles=role, organisation_id=UUID(organisation) if organisation else None
        )
    await service.change(admin, who, wanted)
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
async def purge(admin: Acting, account_id: UUID, name: Text = "") -> Response:
    await service.purge(admin, await service.account(admin, account_id), name=name)
    return see_other("/admin/people?done=purged")


@router.post(PERSON + "/end-sessions")
async def end_sessions(admin: Acting, account_id: UUID) -> Response:
    await service.end_sessions(admin, await service.account(admin, account_id))
    return _done(account_id, "sessions")


@router.post(PERSON + "/reset-factors")
async def reset_factors(admin: Acting, account_id: UUID, name: Text = "") -> Response:
    who = await service.account(admin, account_id)
    service.confirm(name, who.name)
    await service.reset_factors(admin, who)
    return _done(account_id, "factors")


@router.post(PERSON + "/password-link")
async def password_link(admin: Acting, account_id: UUID) -> Response:
    await service.send_password_link(admin, await service.account(admin, account_id))
    return _done(account_id, "link")


def _done(account_id: UUID, what: str) -> Response:
    return see_other(f"/admin/people/{account_id}?done={what}")
