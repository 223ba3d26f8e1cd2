"""/account/email."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from identity_service.accounts import links
from identity_service.accounts.errors import BadEmail, LinkSpent
from identity_service.email_change import service
from identity_service.limits.service import TooManyAttempts
from identity_service.own.frame import Me, Own, me_of, own_page
from identity_service.own.fresh import require_fresh
from identity_service.web import Calling, Visiting, page, see_other
from shared.kernel.errors import Forbidden
from shared.web.csrf import own_form_only

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form_only)])

Text = Annotated[str, Form()]
PATH = "/account/email"


class KeptByAdministrators(Forbidden):
    code = "accounts.email_kept_by_administrators"
    title = "The address of a colleague is changed by an administrator"


@router.get(PATH)
async def form(request: Request, me: Own) -> Response:
    if me.realm == "customer":
        await require_fresh(me, PATH)
    return _form(request, me)


@router.post(PATH)
async def ask(request: Request, caller: Calling, email: Text = "") -> Response:
    async with caller.begin() as visit:
        me = await me_of(request, visit)
        if me.realm != "customer":
            raise KeptByAdministrators
        await require_fresh(me, PATH)
    try:
        is_wanted = await links.count_mail(caller, realm=me.realm, email=email)
    except (BadEmail, TooManyAttempts) as error:
        status = 422 if isinstance(error, BadEmail) else 429
        return _form(request, me, email=email, error=error.title, status=status)
    if is_wanted:
        async with caller.begin() as visit:
            me = await me_of(request, visit)
            await require_fresh(me, PATH)
            await service.ask(visit, me.account, email)
    return see_other(f"{PATH}?done=email-asked")


@router.get(f"{PATH}/confirm")
async def look(request: Request, caller: Calling, token: str = "") -> Response:
    """A button, since mail scanners open links too."""
    async with caller.begin() as visit:
        me = await me_of(request, visit)
    try:
        link = await links.look_at(caller, purpose=links.CHANGE_EMAIL, token=token)
    except LinkSpent:
        return page(request, "link_spent.html", realm=me.realm, status=410)
    return own_page(request, me, "own/email_confirm.html", here="email", email=link.email, token=token)


@router.post(f"{PATH}/confirm")
async def confirm(request: Request, caller: Calling, token: Text = "") -> Response:
    try:
        async with caller.begin() as visit:
            me = await me_of(request, visit)
            await service.confirm(visit, me.account, token)
    except LinkSpent:
        return page(request, "link_spent.html", realm="customer", status=410)
    return see_other("/account?done=email")


@router.get(f"{PATH}/undo")
async def look_at_undo(request: Request, caller: Calling, token: str = "") -> Response:
    """Nobody has to be signed in: who changed the address may be the one who is."""
    try:
        link = await links.look_at(caller, purpose=links.UNDO_EMAIL, token=token)
    except LinkSpent:
        return page(request, "link_spent.html", realm="customer", status=410)
    return page(request, "own/email_undo.html", realm=link.realm, email=link.email, token=token)


@router.post(f"{PATH}/undo")
async def undo(request: Request, visit: Visiting, token: Text = "") -> Response:
    try:
        secret = await service.take_back(visit, token)
    except LinkSpent:
        return page(request, "link_spent.html", realm="customer", status=410)
    return see_other(f"/set-password?token={secret}")


def _form(request: Request, me: Me, *, email: str = "", error: str = "", status: int = 200) -> Response:
    return own_page(request, me, "own/email.html", here="email", status=status, email=email, error=error)
