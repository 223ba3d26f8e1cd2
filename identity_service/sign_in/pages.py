"""Signing in and out."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from identity_service.accounts import service as accounts
from identity_service.grants import service as grants
from identity_service.grants.service import Waiting
from identity_service.limits.service import TooManyAttempts
from identity_service.protocol import answers
from identity_service.protocol.outcomes import show
from identity_service.sessions import service as sessions
from identity_service.sign_in import service
from identity_service.visit import Caller, Visit
from identity_service.web import (
    REALMS,
    Calling,
    Visiting,
    cookie_secret,
    drop_session_cookie,
    page,
    see_other,
    set_session_cookie,
)
from shared.web.csrf import own_form_only

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form_only)])

Text = Annotated[str, Form()]
WRONG = "E-mail address and password do not fit together"


@router.get("/")
async def front(request: Request, visit: Visiting) -> Response:
    """Where somebody is signed in, that session's page; else the choice of who one is."""
    for realm in REALMS:
        if await sessions.find(visit, realm, cookie_secret(request, visit, realm)) is not None:
            return see_other(f"/account?realm={realm}")
    return page(request, "front.html")


@router.get("/sign-in")
async def sign_in(request: Request, visit: Visiting) -> Response:
    pending = await waiting_request(visit, request.query_params.get("request"))
    realm = realm_of(pending, request.query_params.get("realm"))
    session = await sessions.find(visit, realm, cookie_secret(request, visit, realm))
    if session is not None and pending is None:
        return see_other(f"/account?realm={realm}")
    hint = pending.parameters.get("login_hint", [""])[0] if pending else ""
    return sign_in_page(request, realm, pending, email=hint)


@router.post("/sign-in")
async def try_to_sign_in(
    request: Request,
    caller: Calling,
    email: Text = "",
    password: Text = "",
    realm: Text = "",
    waiting: Annotated[str, Form(alias="request")] = "",
) -> Response:
    pending = await waiting_request(caller, waiting)
    realm = realm_of(pending, realm)
    try:
        attempt = await accounts.by_password(caller, realm=realm, email=email, password=password)
    except TooManyAttempts as limit:
        response = sign_in_page(request, realm, pending, email=email, error=limit.title, status=429)
        response.headers["Retry-After"] = str(limit.data["retry_after"])
        return response
    async with caller.begin() as visit:
        account = await accounts.settle(visit, attempt)
        if account is not None:
            return await enter(request, visit, account, pending.id if pending else None)
    return sign_in_page(request, realm, pending, email=email, error=WRONG, status=422)


async def enter(request: Request, visit: Visit, account: Any, pending_id: UUID | None) -> Response:
    """Sign `account` in and send the browser on its way."""
    old_secret = cookie_secret(request, visit, account.realm)
    secret, outcome = await service.sign_in(visit, account, old_secret=old_secret, pending_id=pending_id)
    response = see_other(f"/account?realm={account.realm}") if outcome is None else show(request, outcome)
    set_session_cookie(response, visit, account.realm, secret)
    return response


@router.get("/sign-out")
async def ask_sign_out(request: Request) -> Response:
    return page(request, "sign_out.html", realms=list(REALMS), done=False)


@router.post("/sign-out")
async def sign_out(request: Request, visit: Visiting, realm: Text = "") -> Response:
    """End the session of one realm, or of both; it is named in the form or in its address."""
    realm = realm or request.query_params.get("realm", "")
    chosen = [realm] if realm in REALMS else list(REALMS)
    response = page(
        request, "sign_out.html", realm=chosen[0] if len(chosen) == 1 else None, realms=[], done=True
    )
    for name in chosen:
        session = await sessions.find(visit, name, cookie_secret(request, visit, name))
        if session is not None:
            await grants.end_session(visit, session, because="signed out")
        drop_session_cookie(response, visit, name)
    return response


def sign_in_page(
    request: Request,
    realm: str,
    pending: Waiting | None,
    *,
    email: str = "",
    error: str = "",
    status: int = 200,
) -> Response:
    """The form, with what was typed and what was wrong."""
    return page(
        request,
        "sign_in.html",
        realm=realm,
        status=status,
        leads_to=answers.client_origin(pending),
        email=email,
        error=error,
        pending_id=str(pending.id) if pending else "",
    )


async def waiting_request(caller: Caller, text: str | None) -> Waiting | None:
    """The authorization request that an address or form names."""
    return await grants.waiting(caller, sessions.session_id(text))


def realm_of(pending: Waiting | None, asked: str | None) -> str:
    """The realm of the request that waits, else the one asked for, else the customers'."""
    if pending is not None:
        return pending.realm
    return asked if asked in REALMS else REALMS[0]
