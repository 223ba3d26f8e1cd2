"""Registering with a proof of the e-mail address, and setting a password by a one-time link."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from identity_service.accounts import service as accounts
from identity_service.accounts.errors import BadEmail, BadName, LinkSpent, WeakPassword
from identity_service.accounts.service import Link
from identity_service.grants import service as grants
from identity_service.limits.service import TooManyAttempts
from identity_service.protocol import authorization
from identity_service.sign_in.pages import enter, realm_of, waiting_request
from identity_service.visit import Visit
from identity_service.web import REALMS, Visiting, VisitRoute, page
from shared.web.csrf import own_form_only

router = APIRouter(route_class=VisitRoute, include_in_schema=False, dependencies=[Depends(own_form_only)])

Text = Annotated[str, Form()]


@router.get("/sign-up")
async def ask_to_register(request: Request) -> Response:
    waiting = request.query_params.get("request", "")
    return page(request, "sign_up.html", realm="customer", email="", error="", pending_id=waiting[:64])


@router.post("/sign-up")
async def register(
    request: Request, visit: Visiting, email: Text = "", pending: Annotated[str, Form(alias="request")] = ""
) -> Response:
    waiting = await waiting_request(visit, pending)
    pending_id = waiting.id if waiting and waiting.realm == "customer" else None
    try:
        await accounts.ask_to_register(visit, email=email, pending_id=pending_id)
    except (BadEmail, TooManyAttempts) as error:
        return page(
            request,
            "sign_up.html",
            realm="customer",
            status=422 if isinstance(error, BadEmail) else 429,
            email=email,
            error=error.title,
            pending_id=pending[:64],
        )
    return page(request, "mail_sent.html", realm="customer", email=email, purpose="sign_up")


@router.get("/sign-up/confirm")
async def look_at_registration(request: Request, visit: Visiting, token: str = "") -> Response:
    try:
        link = await accounts.look_at_link(visit, purpose=accounts.SIGN_UP, token=token)
    except LinkSpent:
        return _spent(request, "customer")
    return await _confirm_page(request, visit, link, token)


@router.post("/sign-up/confirm")
async def confirm_registration(
    request: Request, visit: Visiting, token: Text = "", name: Text = "", password: Text = ""
) -> Response:
    try:
        link = await accounts.look_at_link(visit, purpose=accounts.SIGN_UP, token=token)
        account, pending_id = await accounts.register(visit, token=token, name=name, password=password)
    except LinkSpent:
        return _spent(request, "customer")
    except (BadName, WeakPassword) as error:
        field = "f-name" if isinstance(error, BadName) else "f-password"
        return await _confirm_page(request, visit, link, token, name=name, error=(field, error.detail))
    return await enter(request, visit, account, pending_id)


@router.get("/reset-password")
async def ask_for_password(request: Request, realm: str = "") -> Response:
    return page(request, "reset_password.html", realm=realm_of(None, realm), email="", error="")


@router.post("/reset-password")
async def send_password_link(
    request: Request, visit: Visiting, realm: Text = "", email: Text = ""
) -> Response:
    realm = realm if realm in REALMS else REALMS[0]
    try:
        await accounts.ask_for_password(visit, realm=realm, email=email)
    except (BadEmail, TooManyAttempts) as error:
        status = 422 if isinstance(error, BadEmail) else 429
        return page(
            request, "reset_password.html", realm=realm, status=status, email=email, error=error.title
        )
    return page(request, "mail_sent.html", realm=realm, email=email, purpose="set_password")


@router.get("/set-password")
async def look_at_password_link(request: Request, visit: Visiting, token: str = "") -> Response:
    try:
        link = await accounts.look_at_link(visit, purpose=accounts.SET_PASSWORD, token=token)
    except LinkSpent:
        return _spent(request, None)
    return page(request, "set_password.html", realm=link.realm, link=link, token=token, error="")


@router.post("/set-password")
async def set_password(request: Request, visit: Visiting, token: Text = "", password: Text = "") -> Response:
    try:
        link = await accounts.look_at_link(visit, purpose=accounts.SET_PASSWORD, token=token)
        account = await accounts.set_password(visit, token=token, password=password)
    except LinkSpent:
        return _spent(request, None)
    except WeakPassword as error:
        return page(
            request, "set_password.html", realm=link.realm, status=422, link=link, token=token,
            error=error.detail,
        )  # fmt: skip
    await grants.end_all_sessions(visit, account.id, because="password set")
    return page(request, "password_set.html", realm=account.realm)


def _spent(request: Request, realm: str | None) -> Response:
    return page(request, "link_spent.html", realm=realm, status=410)


async def _confirm_page(
    request: Request,
    visit: Visit,
    link: Link,
    token: str,
    *,
    name: str = "",
    error: tuple[str, str] | None = None,
) -> Response:
    pending = await grants.pending_request(visit, link.pending_id)
    return page(
        request,
        "confirm.html",
        realm="customer",
        status=422 if error else 200,
        leads_to=authorization.client_origin(pending),
        link=link,
        token=token,
        name=name,
        errors=[error] if error else [],
    )
