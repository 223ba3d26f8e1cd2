"""`/sign-in`, its callback, and `/sign-out`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from shared.tools.sign_in.service import SESSION_LIFE, STATE_KEPT_SECONDS, SignIn, SignInExpired
from shared.web.csrf import own_form_only
from shared.web.limits import limited_sign_in
from shared.web.templates import Pages

router = APIRouter(include_in_schema=False)


async def sign_in_of(request: Request) -> SignIn:
    sign_in: SignIn = request.app.state.sign_in
    return sign_in


Signing = Annotated[SignIn, Depends(sign_in_of)]


def _set_cookie(response: Response, request: Request, name: str, value: str, seconds: int) -> None:
    secure = request.app.state.public_url.startswith("https")
    response.set_cookie(name, value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax")


def _delete_cookie(response: Response, request: Request, name: str) -> None:
    """As it was set: a browser takes no answer about a `__Host-` cookie that lacks Secure."""
    secure = request.app.state.public_url.startswith("https")
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")


@router.get("/sign-in", dependencies=[Depends(limited_sign_in)])
async def begin(
    request: Request, signing: Signing, realm: str | None = None, return_to: str | None = None
) -> Response:
    return _to_identity(request, signing, *await signing.begin(realm=realm, return_to=return_to))


def _to_identity(request: Request, signing: SignIn, url: str, kept: str) -> Response:
    response = RedirectResponse(url, 303)
    _set_cookie(response, request, signing.accounts.cookie + "-state", kept, STATE_KEPT_SECONDS)
    return response


@router.get("/sign-in/callback", dependencies=[Depends(limited_sign_in)])
async def complete(request: Request, signing: Signing) -> Response:
    kept = request.cookies.get(signing.accounts.cookie + "-state")
    try:
        cookie, where = await signing.complete(request, kept)
    except SignInExpired:
        return _to_identity(request, signing, *await signing.begin_again(request, kept))
    response = RedirectResponse(where, 303)
    _set_cookie(response, request, signing.accounts.cookie, cookie, int(SESSION_LIFE.total_seconds()))
    _delete_cookie(response, request, signing.accounts.cookie + "-state")
    return response


@router.post("/sign-out", dependencies=[Depends(own_form_only)])
async def end(request: Request, signing: Signing) -> Response:
    where = await signing.end(request)
    response: Response
    if where is None:
        pages: Pages = request.app.state.pages
        response = pages.page("sign_in/half_signed_out.html", viewer=None, there=signing.sign_out_there)
    else:
        response = RedirectResponse(where, 303)
    _delete_cookie(response, request, signing.accounts.cookie)
    return response
