"""Where people type the code that their device shows, and say whether it may sign in."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from identity_service.device_flow import codes, service
from identity_service.device_flow.errors import CodeNotKnown
from identity_service.device_flow.service import Waiting
from identity_service.limits.service import TooManyAttempts
from identity_service.protocol.outcomes import SCOPE_WORDS
from identity_service.sessions import service as sessions
from identity_service.sessions.models import SignInSession
from identity_service.visit import Caller, Visit
from identity_service.web import Calling, Visiting, cookie_secret, page, see_other, set_cookie
from shared.web.csrf import own_form_only
from shared.web.settings import cookie_name

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form_only)])

Text = Annotated[str, Form()]


@router.get("/device")
async def ask_for_code(request: Request) -> Response:
    """With a code in the address (`verification_uri_complete`) it is shown, to be compared; nothing happens
    before the person says so."""
    return _code_page(request, request.query_params.get("user_code", ""))


@router.post("/device")
async def look_for_device(request: Request, caller: Calling, user_code: Text = "") -> Response:
    try:
        async with caller.begin() as visit:
            pending = await service.find(visit, user_code)
            session = await _session(request, visit, pending.realm)
    except CodeNotKnown as error:
        return _code_page(request, user_code, error=error.title, status=422)
    except TooManyAttempts as limit:
        response = _code_page(request, user_code, error=limit.title, status=429)
        response.headers["Retry-After"] = str(limit.data["retry_after"])
        return response
    response = see_other(f"{'/sign-in' if session is None else '/device/decide'}?request={pending.id}")
    set_cookie(response, caller, _cookie(caller), str(pending.id), life=service.LIFE)
    return response


@router.get("/device/decide")
async def ask_to_decide(request: Request, visit: Visiting) -> Response:
    asked = request.query_params.get("request", "")
    found, session = await _found(request, visit, asked)
    if found is None or session is None:
        return _gone(request)
    account = await sessions.account_of(visit, session)
    return page(
        request,
        "device_decide.html",
        realm=found.device.realm,
        pending_id=asked,
        client=found.client,
        account=account,
        user_code=codes.shown(found.user_code),
        scopes=[SCOPE_WORDS.get(scope, scope) for scope in found.device.scope.split()],
    )


@router.post("/device/decide")
async def decide(
    request: Request,
    visit: Visiting,
    pending: Annotated[str, Form(alias="request")] = "",
    allow: Text = "",
) -> Response:
    found, session = await _found(request, visit, pending)
    if found is None or session is None:
        return _gone(request)
    await service.decide(visit, found, session, allow=bool(allow))
    return page(
        request, "device_done.html", realm=found.device.realm, allowed=bool(allow), client=found.client
    )


async def _found(request: Request, visit: Visit, asked: str) -> tuple[Waiting | None, SignInSession | None]:
    """The device, only for the browser in which its code was typed: a link leads nobody past that."""
    if not asked or request.cookies.get(_cookie(visit)) != asked:
        return None, None
    found = await service.waiting(visit, sessions.session_id(asked))
    return found, await _session(request, visit, found.device.realm) if found else None


def _cookie(caller: Caller) -> str:
    return cookie_name("identity", caller.settings.identity_public_url, "device")


async def _session(request: Request, visit: Visit, realm: str) -> SignInSession | None:
    return await sessions.find(visit, realm, cookie_secret(request, visit, realm))


def _code_page(request: Request, typed: str, *, error: str = "", status: int = 200) -> Response:
    known = codes.read(typed)
    values: dict[str, Any] = {"user_code": codes.shown(known) if known else typed[:40], "error": error}
    return page(request, "device.html", status=status, compare=bool(known) and not error, **values)


def _gone(request: Request) -> Response:
    return _code_page(request, "", error=CodeNotKnown.title, status=422)
