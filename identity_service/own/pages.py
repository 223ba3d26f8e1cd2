"""The first page of the account, and proving again who one is."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from identity_service.accounts import service as accounts
from identity_service.limits.service import TooManyAttempts
from identity_service.own.frame import Me, Own, choice_cookie, me_of, own_page, own_path
from identity_service.sessions import service as sessions
from identity_service.sign_in import service as sign_in
from identity_service.web import REALMS, Calling, cookie_secret, see_other, set_session_cookie
from shared.web.csrf import own_form_only

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form_only)])

Text = Annotated[str, Form()]
WRONG = "This is not your password"


@router.get("/account")
async def overview(request: Request, me: Own) -> Response:
    settings, visit = me.visit.settings, me.visit
    home = settings.employee_public_url if me.realm == "staff" else settings.customer_public_url
    [other] = [realm for realm in REALMS if realm != me.realm]
    beside = await sessions.find(visit, other, cookie_secret(request, visit, other))
    response = own_page(
        request,
        me,
        "own/overview.html",
        here="overview",
        home=home,
        other=await sessions.account_of(visit, beside) if beside else None,
        organisation=await accounts.organisation_of(visit, me.account),
    )
    response.set_cookie(
        choice_cookie(visit),
        me.realm,
        path="/",
        httponly=True,
        samesite="lax",
        secure=visit.settings.identity_public_url.startswith("https"),
    )
    return response


@router.get("/account/confirm")
async def ask_again(request: Request, me: Own, then: str = "") -> Response:
    return _ask(request, me, then)


@router.post("/account/confirm")
async def confirm(request: Request, caller: Calling, password: Text = "", then: Text = "") -> Response:
    """Signs in again, in the session that is there: it goes on under a new secret."""
    async with caller.begin() as visit:
        me = await me_of(request, visit)
    try:
        attempt = await accounts.by_password(
            caller, realm=me.realm, email=me.account.email, password=password
        )
    except TooManyAttempts as limit:
        return _ask(request, me, then, error=limit.title, status=429)
    async with caller.begin() as visit:
        account = await accounts.settle(visit, attempt)
        if account is not None and account.id == me.account.id:
            old = cookie_secret(request, visit, me.realm)
            secret, _ = await sign_in.sign_in(visit, account, old_secret=old, pending_id=None)
            response = see_other(own_path(then))
            set_session_cookie(response, visit, account.realm, secret)
            return response
    return _ask(request, me, then, error=WRONG, status=422)


def _ask(request: Request, me: Me, then: str, *, error: str = "", status: int = 200) -> Response:
    return own_page(request, me, "own/confirm.html", here="", status=status, then=own_path(then), error=error)
