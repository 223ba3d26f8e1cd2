"""/account/password."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from identity_service.accounts import links
from identity_service.accounts import service as accounts
from identity_service.audit import service as audit
from identity_service.devices import service as devices
from identity_service.grants import service as grants
from identity_service.own.frame import Me, Own, me_of, own_page
from identity_service.own.fresh import require_fresh
from identity_service.passwords.errors import WeakPassword
from identity_service.policy import service as policies
from identity_service.web import Calling, see_other
from shared.web.csrf import own_form_only

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form_only)])

PATH = "/account/password"


@router.get(PATH)
async def ask(request: Request, me: Own) -> Response:
    await require_fresh(me, PATH)
    return await _page(request, me)


@router.post(PATH)
async def change(request: Request, caller: Calling, password: Annotated[str, Form()] = "") -> Response:
    """Sets the password and signs out every other browser; links to set one end, and the person is told."""
    async with caller.begin() as visit:
        me = await me_of(request, visit)
        await require_fresh(me, PATH)
    about = links.Link(me.realm, me.account.email, me.account.name, None)
    try:
        password_hash = await links.choose_password(caller, about, name=me.account.name, password=password)
    except WeakPassword as error:
        return await _page(request, me, error=error.detail)
    async with caller.begin() as visit:
        me = await me_of(request, visit)
        await require_fresh(me, PATH)
        await _take_over(me, password_hash)
    return see_other(f"{PATH}?done=password")


async def _page(request: Request, me: Me, *, error: str = "") -> Response:
    return own_page(
        request,
        me,
        "own/password.html",
        here="password",
        status=422 if error else 200,
        error=error,
        hint=await policies.password_hint(me.visit, me.realm),
    )


async def _take_over(me: Me, password_hash: str) -> None:
    visit, account = me.visit, me.account
    await accounts.keep_password(visit, account.id, password_hash)
    await links.cancel(visit, account.id, links.SET_PASSWORD)
    await grants.end_other_sessions(visit, me.session, because="password set")
    await devices.trust_none(visit, account.id)
    links.tell_of_password(visit, account)
    audit.record(
        visit.session, "account.password_set", at=visit.now, account_id=account.id, address=visit.address
    )
