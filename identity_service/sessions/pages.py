"""/account/sessions: the browsers in which somebody is signed in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from identity_service.grants import service as grants
from identity_service.own.frame import Own, own_page
from identity_service.sessions import service
from identity_service.web import see_other
from shared.kernel.errors import NotFound
from shared.web.csrf import own_form_only

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form_only)])


@router.get("/account/sessions")
async def browsers(request: Request, me: Own) -> Response:
    found = await service.live(me.visit, me.account)
    return own_page(request, me, "own/sessions.html", here="sessions", sessions=found, mine=me.session.id)


@router.post("/account/sessions/end")
async def end_one(me: Own, session: Annotated[str, Form()] = "") -> Response:
    """Ending the session one is in is signing out: it is done on the page for that."""
    wanted = service.session_id(session)
    if wanted is None or wanted == me.session.id:
        raise NotFound
    await grants.end_own_session(me.visit, me.account.id, wanted, because="ended by its person")
    return see_other("/account/sessions?done=session")


@router.post("/account/sessions/end-others")
async def end_others(me: Own) -> Response:
    await grants.end_other_sessions(me.visit, me.session, because="ended by its person")
    return see_other("/account/sessions?done=sessions")
