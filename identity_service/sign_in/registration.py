"""Registering with a proof of the e-mail address, and setting a password by a one-time link."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from identity_service.accounts import links
from identity_service.accounts.errors import BadEmail, BadName, LinkSpent
from identity_service.accounts.links import Link
from identity_service.accounts.service import clean_name
from identity_service.devices import service as devices
from identity_service.factors import levels
from identity_service.grants import service as grants
from identity_service.limits.service import TooManyAttempts
from identity_service.passwords.errors import WeakPassword
from identity_service.policy import service as policies
from identity_service.protocol import answers
from identity_service.sign_in.entering import enter
from identity_service.sign_in.pages import Text
from identity_service.sign_in.proof import Proof, Way
from identity_service.sign_in.waiting import realm_of, waiting_request
from identity_service.visit import Caller
from identity_service.web import REALMS, Calling, page, services_of
from shared.web.csrf import own_form_only

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form_only)])


@router.get("/sign-up")
async def ask_to_register(request: Request) -> Response:
    if not services_of(request).settings.customers_may_register:
        return _closed(request)
    waiting = request.query_params.get("request", "")
    return page(request, "sign_up.html", realm="customer", email="", error="", pending_id=waiting[:64])


@router.post("/sign-up")
async def register(
    request: Request, caller: Calling, email: Text = "", pending: Annotated[str, Form(alias="request")] = ""
) -> Response:
    if not caller.settings.customers_may_register:
        return _closed(request)
    waiting = await waiting_request(caller, pending)
    pending_id = waiting.id if waiting and waiting.realm == "customer" else None
    try:
        is_wanted = await links.count_mail(caller, realm="customer", email=email)
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
    if is_wanted:
        async with caller.begin() as visit:
            await links.ask_to_register(visit, email=email, pending_id=pending_id)
    return page(request, "mail_sent.html", realm="customer", email=email, purpose="sign_up")


@router.get("/sign-up/confirm")
async def look_at_registration(request: Request, caller: Calling, token: str = "") -> Response:
    try:
        link = await links.look_at(caller, purpose=links.SIGN_UP, token=token)
    except LinkSpent:
        return _spent(request, "customer")
    return await _confirm_page(request, caller, link, token)


@router.post("/sign-up/confirm")
async def confirm_registration(
    request: Request, caller: Calling, token: Text = "", name: Text = "", password: Text = ""
) -> Response:
    try:
        link = await links.look_at(caller, purpose=links.SIGN_UP, token=token)
    except LinkSpent:
        return _spent(request, "customer")
    try:
        shown = clean_name(name)
        password_hash = await links.choose_password(caller, link, name=shown, password=password)
    except (BadName, WeakPassword) as error:
        field = "f-name" if isinstance(error, BadName) else "f-password"
        return await _confirm_page(request, caller, link, token, name=name, error=(field, error.detail))
    try:
        async with caller.begin() as visit:
            account, pending_id = await links.register(
                visit, token=token, name=shown, password_hash=password_hash
            )
            proof = Proof(account.id, account.realm, [levels.PASSWORD])
            return await enter(request, visit, proof, way=Way(pending_id))
    except LinkSpent:
        return _spent(request, "customer")


@router.get("/reset-password")
async def ask_for_password(request: Request, realm: str = "") -> Response:
    return page(request, "reset_password.html", realm=realm_of(None, realm), email="", error="")


@router.post("/reset-password")
async def send_password_link(
    request: Request, caller: Calling, realm: Text = "", email: Text = ""
) -> Response:
    realm = realm if realm in REALMS else REALMS[0]
    try:
        is_wanted = await links.count_mail(caller, realm=realm, email=email)
    except (BadEmail, TooManyAttempts) as error:
        status = 422 if isinstance(error, BadEmail) else 429
        return page(
            request, "reset_password.html", realm=realm, status=status, email=email, error=error.title
        )
    if is_wanted:
        async with caller.begin() as visit:
            await links.ask_for_password(visit, realm=realm, email=email)
    return page(request, "mail_sent.html", realm=realm, email=email, purpose="set_password")


@router.get("/set-password")
async def look_at_password_link(request: Request, caller: Calling, token: str = "") -> Response:
    try:
        link = await links.look_at(caller, purpose=links.SET_PASSWORD, token=token)
    except LinkSpent:
        return _spent(request, None)
    return await _password_page(request, caller, link, token)


@router.post("/set-password")
async def set_password(request: Request, caller: Calling, token: Text = "", password: Text = "") -> Response:
    try:
        link = await links.look_at(caller, purpose=links.SET_PASSWORD, token=token)
        password_hash = await links.choose_password(caller, link, name=link.name, password=password)
        async with caller.begin() as visit:
            account = await links.set_password(visit, token=token, password_hash=password_hash)
            await grants.end_all_sessions(visit, account, because="password set")
            await devices.trust_none(visit, account.id)
    except LinkSpent:
        return _spent(request, None)
    except WeakPassword as error:
        return await _password_page(request, caller, link, token, error=error.detail)
    return page(request, "password_set.html", realm=link.realm)


def _closed(request: Request) -> Response:
    """Who wants in is told how else it goes."""
    return page(request, "sign_up_closed.html", realm="customer", status=403)


def _spent(request: Request, realm: str | None) -> Response:
    return page(request, "link_spent.html", realm=realm, status=410)


async def _password_page(
    request: Request, caller: Caller, link: Link, token: str, *, error: str = ""
) -> Response:
    return page(
        request,
        "set_password.html",
        realm=link.realm,
        status=422 if error else 200,
        link=link,
        token=token,
        error=error,
        hint=await policies.password_hint(caller, link.realm),
    )


async def _confirm_page(
    request: Request,
    caller: Caller,
    link: Link,
    token: str,
    *,
    name: str = "",
    error: tuple[str, str] | None = None,
) -> Response:
    pending = await grants.waiting(caller, link.pending_id)
    return page(
        request,
        "confirm.html",
        realm="customer",
        status=422 if error else 200,
        leads_to=answers.client_origin(pending),
        link=link,
        token=token,
        name=name,
        errors=[error] if error else [],
        hint=await policies.password_hint(caller, "customer"),
    )
