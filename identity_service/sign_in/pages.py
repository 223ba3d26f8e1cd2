"""Signing in, by password or passkey, and out."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from identity_service.factors import fresh, passkeys
from identity_service.factors.errors import PasskeyRefused
from identity_service.factors.questions import question_answer
from identity_service.grants import service as grants
from identity_service.grants.models import PendingRequest
from identity_service.limits import service as limits
from identity_service.limits.service import TooManyAttempts
from identity_service.policy import service as policies
from identity_service.protocol import answers
from identity_service.sessions import service as sessions
from identity_service.sign_in import password as passwords
from identity_service.sign_in.entering import browser_of, enter
from identity_service.sign_in.proof import Proof, Way
from identity_service.sign_in.waiting import realm_of, waiting_request
from identity_service.upstreams import service as upstreams
from identity_service.visit import Caller, Visit
from identity_service.web import (
    REALMS,
    Calling,
    Visiting,
    cookie_secret,
    drop_session_cookie,
    page,
    see_other,
)
from shared.kernel.errors import NotFound
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
    back_to = fresh.own_page(request.query_params.get("next"))
    session = await sessions.find(visit, realm, cookie_secret(request, visit, realm))
    hint = pending.parameters.get("login_hint", [""])[0] if pending else ""
    if session is None or pending is not None:
        return await sign_in_page(request, visit, realm, pending, back_to=back_to, email=hint)
    account = await sessions.account_of(visit, session)
    if back_to and request.query_params.get("prove"):
        return await sign_in_page(
            request, visit, realm, None, back_to=back_to, email=account.email, is_again=True
        )
    return see_other(back_to or f"/account?realm={realm}")


@router.post("/sign-in")
async def try_to_sign_in(
    request: Request,
    caller: Calling,
    email: Text = "",
    password: Text = "",
    realm: Text = "",
    waiting: Annotated[str, Form(alias="request")] = "",
    back_to: Annotated[str, Form(alias="next")] = "",
) -> Response:
    pending = await waiting_request(caller, waiting)
    realm, back_to = realm_of(pending, realm), fresh.own_page(back_to)
    refused = partial(sign_in_page, request, caller, realm, pending, back_to=back_to, email=email)
    browser = browser_of(request, caller, realm)
    try:
        proof = await passwords.prove(caller, realm=realm, email=email, password=password, browser=browser)
    except TooManyAttempts as limit:
        response = await refused(error=limit.title, status=429)
        response.headers["Retry-After"] = str(limit.data["retry_after"])
        return response
    if proof is None:
        return await refused(error=WRONG, status=422)
    return await enter(request, caller, proof, way=Way(pending.id if pending else None, back_to))


@router.post("/sign-in/passkey/options")
async def ask_for_passkey(request: Request, caller: Calling, realm: Text = "") -> Response:
    """What the script asks the browser, so that somebody signs in without a password."""
    realm = realm_of(None, realm)
    await caller.services.limiter.take(limits.PASSKEY_QUESTION_ADDRESS.key(caller.address))
    async with caller.begin() as visit:
        await require_passkeys(visit, realm)
        question = await passkeys.ask_to_sign_in(visit, realm)
    return question_answer(question)


@router.post("/sign-in/passkey")
async def sign_in_by_passkey(
    request: Request,
    caller: Calling,
    realm: Text = "",
    waiting: Annotated[str, Form(alias="request")] = "",
    back_to: Annotated[str, Form(alias="next")] = "",
    question: Text = "",
    answer: Text = "",
) -> Response:
    pending = await waiting_request(caller, waiting)
    realm, back_to = realm_of(pending, realm), fresh.own_page(back_to)
    await caller.services.limiter.take(limits.PASSKEY_ADDRESS.key(caller.address))
    async with caller.begin() as visit:
        await require_passkeys(visit, realm)
        proof = await passkeys.check(
            visit, realm=realm, question_id=sessions.session_id(question), answer=answer
        )
        if proof is not None:
            way = Way(pending.id if pending else None, back_to)
            return await enter(request, visit, Proof(proof.account.id, realm, proof.amr), way=way)
    return await sign_in_page(
        request, caller, realm, pending, back_to=back_to, error=PasskeyRefused.title, status=422
    )


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


async def sign_in_page(
    request: Request,
    caller: Caller,
    realm: str,
    pending: PendingRequest | None,
    *,
    back_to: str = "",
    email: str = "",
    error: str = "",
    status: int = 200,
    is_again: bool = False,
) -> Response:
    """The form, with what was typed and what was wrong."""
    policy = await policies.of(caller, realm)
    return page(
        request,
        "sign_in.html",
        realm=realm,
        status=status,
        leads_to=answers.client_origin(pending),
        email=email,
        error=error,
        pending_id=str(pending.id) if pending else "",
        back_to=back_to,
        is_again=is_again,
        passkeys=policy.allows_passkeys,
        may_register=caller.settings.customers_may_register,
        providers=await upstreams.buttons(caller, realm),
    )


async def require_passkeys(visit: Visit, realm: str) -> None:
    """Raises NotFound where the realm's policy has no passkeys."""
    if not (await policies.get(visit.session, realm)).allows_passkeys:
        raise NotFound
