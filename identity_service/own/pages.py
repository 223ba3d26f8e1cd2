"""The first page of the account."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from identity_service.accounts import service as accounts
from identity_service.own.frame import Own, choice_cookie, own_page
from identity_service.sessions import service as sessions
from identity_service.web import REALMS, cookie_secret
from shared.web.csrf import own_form_only

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form_only)])


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
