"""/invitation: accepting one."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from identity_service.accounts import links
from identity_service.accounts.errors import BadName, LinkSpent
from identity_service.accounts.service import clean_name
from identity_service.factors import levels
from identity_service.invitations import service
from identity_service.own.frame import me_of
from identity_service.passwords.errors import WeakPassword
from identity_service.policy import service as policies
from identity_service.sign_in.entering import enter
from identity_service.sign_in.proof import Proof, Way
from identity_service.visit import Caller
from identity_service.web import Calling, page, see_other
from shared.web.csrf import own_form_only

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form_only)])

Text = Annotated[str, Form()]


@router.get("/invitation")
async def look(request: Request, caller: Calling, token: str = "") -> Response:
    try:
        invitation = await service.look_at(caller, token)
    except LinkSpent:
        return _spent(request)
    return await _page(request, caller, invitation, token)


@router.post("/invitation")
async def accept(
    request: Request, caller: Calling, token: Text = "", name: Text = "", password: Text = ""
) -> Response:
    """Somebody new chooses name and password; who has an account joins with it, signed in."""
    try:
        invitation = await service.look_at(caller, token)
        if invitation.account_id is not None:
            async with caller.begin() as visit:
                me = await me_of(request, visit, invitation.realm)
                await service.accept_as(visit, me.account, token)
            return see_other("/account?realm=customer")
        shown = clean_name(name)
        about = links.Link(invitation.realm, invitation.email, "", None)
        password_hash = await links.choose_password(caller, about, name=shown, password=password)
        async with caller.begin() as visit:
            account = await service.accept(visit, token=token, name=shown, password_hash=password_hash)
            proof = Proof(account.id, account.realm, [levels.PASSWORD])
            return await enter(request, visit, proof, way=Way())
    except LinkSpent:
        return _spent(request)
    except (BadName, WeakPassword) as error:
        field = "f-name" if isinstance(error, BadName) else "f-password"
        return await _page(request, caller, invitation, token, name=name, error=(field, error.detail))


async def _page(
    request: Request,
    caller: Caller,
    invitation: service.Open,
    token: str,
    *,
    name: str = "",
    error: tuple[str, str] | None = None,
) -> Response:
    return page(
        request,
        "invitation.html",
        realm=invitation.realm,
        status=422 if error else 200,
        invitation=invitation,
        token=token,
        name=name,
        errors=[error] if error else [],
        hint=await policies.password_hint(caller, invitation.realm),
    )


def _spent(request: Request) -> Response:
    return page(request, "link_spent.html", realm=None, status=410)
