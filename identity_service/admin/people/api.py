"""`/api/v1/admin/people`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from identity_service.admin.access import AdminReading, AdminRoute, AdminWriting
from identity_service.admin.http import done, listed, require_match, single
from identity_service.admin.people import service
from identity_service.admin.people.schemas import (
    Confirmed,
    InvitedView,
    PeopleAsked,
    PeoplePage,
    PersonChange,
    PersonView,
    SessionList,
    StaffInvite,
)
from shared.web.edge import API

router = APIRouter(prefix=f"{API}/admin/people", tags=["people"], route_class=AdminRoute)
PERSON = "/{account_id}"


@router.get("", response_model=PeoplePage, summary="Find people of both realms")
async def find(request: Request, admin: AdminReading, asked: Annotated[PeopleAsked, Query()]) -> Response:
    rows, cursor = await service.people(admin, asked)
    return listed(request, rows, cursor)


@router.post("", response_model=InvitedView, status_code=201, summary="Invite a colleague")
async def invite(admin: AdminWriting, wanted: StaffInvite) -> Response:
    return single(await service.invite(admin, wanted), status=201)


@router.get(PERSON, response_model=PersonView, summary="One person")
async def show(admin: AdminReading, account_id: UUID) -> Response:
    return single(await service.person(admin, account_id))


@router.patch(PERSON, response_model=PersonView, summary="Change name, roles or organisation")
async def change(request: Request, admin: AdminWriting, account_id: UUID, wanted: PersonChange) -> Response:
    who = await service.account(admin, account_id)
    require_match(request, await service.view(admin, who))
    await service.change(admin, who, wanted)
    return single(await service.view(admin, who))


@router.post(
    PERSON + "/deactivate", response_model=PersonView, summary="Shut somebody out, everywhere and at once"
)
async def deactivate(admin: AdminWriting, account_id: UUID) -> Response:
    who = await service.account(admin, account_id)
    await service.deactivate(admin, who)
    return single(await service.view(admin, who))


@router.post(PERSON + "/reactivate", response_model=PersonView, summary="Let somebody in again")
async def reactivate(admin: AdminWriting, account_id: UUID) -> Response:
    who = await service.account(admin, account_id)
    await service.reactivate(admin, who)
    return single(await service.view(admin, who))


@router.post(PERSON + "/purge", status_code=204, summary="Delete somebody for good, confirmed by their name")
async def purge(request: Request, admin: AdminWriting, account_id: UUID, confirmed: Confirmed) -> Response:
    who = await service.account(admin, account_id)
    require_match(request, await service.view(admin, who))
    await service.purge(admin, who, name=confirmed.name)
    return done()


@router.get(PERSON + "/sessions", response_model=SessionList, summary="Where somebody is signed in")
async def sessions(request: Request, admin: AdminReading, account_id: UUID) -> Response:
    who = await service.account(admin, account_id)
    return listed(request, await service.live_sessions(admin, who))


@router.delete(PERSON + "/sessions", status_code=204, summary="End all sessions of somebody")
async def end_sessions(admin: AdminWriting, account_id: UUID) -> Response:
    await service.end_sessions(admin, await service.account(admin, account_id))
    return done()


@router.delete(PERSON + "/sessions/{session_id}", status_code=204, summary="End one session of somebody")
async def end_session(admin: AdminWriting, account_id: UUID, session_id: UUID) -> Response:
    await service.end_session(admin, await service.account(admin, account_id), session_id)
    return done()


@router.delete(PERSON + "/factors", status_code=204, summary="Remove the second factors of somebody")
async def reset_factors(admin: AdminWriting, account_id: UUID) -> Response:
    await service.reset_factors(admin, await service.account(admin, account_id))
    return done()


@router.post(PERSON + "/password-link", status_code=204, summary="Send somebody a link to set a password")
async def password_link(admin: AdminWriting, account_id: UUID) -> Response:
    await service.send_password_link(admin, await service.account(admin, account_id))
    return done()
