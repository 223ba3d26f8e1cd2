"""/account/close, and the way back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from identity_service.accounts import links
from identity_service.accounts.errors import BadEmail, LinkSpent
from identity_service.accounts.service import email_key
from identity_service.closing import service
from identity_service.own.frame import Me, Own, own_page
from identity_service.own.fresh import require_fresh
from identity_service.web import Calling, Visiting, drop_session_cookie, page, see_other
from shared.kernel.errors import Forbidden
from shared.web.csrf import own_form_only

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form_only)])

Text = Annotated[str, Form()]
PATH = "/account/close"
WRONG = "This is not the address of your account"


class ClosedByAdministrators(Forbidden):
    code = "accounts.closed_by_administrators"
    title = "The account of a colleague is closed by an administrator"


@router.get(PATH)
async def ask(request: Request, me: Own) -> Response:
    if me.realm != "customer":
        return see_other("/account/data")
    await _may_close(me)
    return _ask(request, me)


@router.post(PATH)
async def close(request: Request, me: Own, email: Text = "") -> Response:
    await _may_close(me)
    if not _is_own(me, email):
        return _ask(request, me, email=email, error=WRONG, status=422)
    await service.close(me.visit, me.account)
    response = page(request, "own/closed.html", realm=me.realm, email=me.account.email)
    drop_session_cookie(response, me.visit, me.realm)
    return response


@router.get("/account/keep")
async def look(request: Request, caller: Calling, token: str = "") -> Response:
    try:
        link = await links.look_at(caller, purpose=links.UNDO_CLOSING, token=token)
    except LinkSpent:
        return page(request, "link_spent.html", realm="customer", status=410)
    return page(request, "own/keep.html", realm=link.realm, email=link.email, token=token)


@router.post("/account/keep")
async def keep(request: Request, visit: Visiting, token: Text = "") -> Response:
    try:
        account = await service.take_back(visit, token)
    except LinkSpent:
        return page(request, "link_spent.html", realm="customer", status=410)
    return page(request, "own/kept.html", realm=account.realm)


async def _may_close(me: Me) -> None:
    if me.realm != "customer":
        raise ClosedByAdministrators
    await require_fresh(me, PATH)


def _is_own(me: Me, email: str) -> bool:
    try:
        return email_key(email) == me.account.email_key
    except BadEmail:
        return False


def _ask(request: Request, me: Me, *, email: str = "", error: str = "", status: int = 200) -> Response:
    return own_page(request, me, "own/close.html", here="data", status=status, email=email, error=error)
