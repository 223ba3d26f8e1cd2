"""/account/upstreams: the providers somebody's account is connected with."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from identity_service.grants import service as grants
from identity_service.own.frame import Me, Own, me_of, own_page
from identity_service.own.fresh import require_fresh
from identity_service.protocol import answers, authorization
from identity_service.protocol.outcomes import show
from identity_service.sessions import service as sessions
from identity_service.upstreams import linking, provider, service
from identity_service.upstreams.asking import Question
from identity_service.upstreams.errors import LastWayIn, LinkedElsewhere, UpstreamRefused
from identity_service.upstreams.pages import CONFIRM_PATH, drop_offer, offer_cookie, send_off
from identity_service.web import Calling, see_other
from shared.kernel.errors import NotFound
from shared.web.csrf import own_form_only

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form_only)])

PATH = "/account/upstreams"
_GONE = "This is too old, or was done already. Start again."


@router.get(PATH)
async def connected(request: Request, me: Own) -> Response:
    return await _page(request, me)


@router.get(PATH + "/connect")
async def connect(request: Request, caller: Calling, upstream: str = "") -> Response:
    """Off to the provider; what comes back has to be confirmed by a form of ours."""
    asked = await provider.enabled(caller, upstream)
    async with caller.begin() as visit:
        me = await me_of(request, visit, asked.realm)
        await require_fresh(me, f"{PATH}/connect?upstream={asked.id}")
        account_id = me.account.id
    if not asked.admits_linking:
        raise NotFound
    return await send_off(request, caller, asked, Question(links_to=account_id))


@router.get(CONFIRM_PATH)
async def ask_to_confirm(request: Request, caller: Calling) -> Response:
    offer = await linking.offer(caller, request.cookies.get(offer_cookie(caller)))
    if offer is None:
        return see_other(PATH)
    async with caller.begin() as visit:
        me = await me_of(request, visit, offer.realm)
        await require_fresh(me, CONFIRM_PATH)
        pending = await grants.waiting(caller, offer.pending_id)
        return own_page(
            request,
            me,
            "upstreams/confirm.html",
            here="upstreams",
            leads_to=answers.client_origin(pending),
            offer=offer,
        )


@router.post(CONFIRM_PATH)
async def confirm(request: Request, caller: Calling) -> Response:
    """Connects, and goes on with the request that waited."""
    secret = request.cookies.get(offer_cookie(caller))
    offer = await linking.offer(caller, secret)
    async with caller.begin() as visit:
        me = await me_of(request, visit, offer.realm if offer else None)
        await require_fresh(me, CONFIRM_PATH)
        try:
            done = await linking.accept(visit, me.account, secret)
        except (UpstreamRefused, LinkedElsewhere) as error:
            said = error.title if isinstance(error, LinkedElsewhere) else _GONE
            return await _page(request, me, error=said, status=409)
        pending = await grants.waiting(visit, done.pending_id)
        outcome = await authorization.resume(visit, pending, me.session.id, me.realm)
        response = show(request, outcome) if outcome else see_other(f"{PATH}?done=upstream")
    drop_offer(response, caller)
    return response


@router.post(PATH + "/unlink")
async def unlink(request: Request, me: Own, link: Annotated[str, Form()] = "") -> Response:
    await require_fresh(me, PATH)
    try:
        await service.unlink(me.visit, me.account, sessions.session_id(link))
    except LastWayIn as error:
        return await _page(request, me, error=error.title, status=409)
    return see_other(f"{PATH}?done=no-upstream")


async def _page(request: Request, me: Me, *, error: str = "", status: int = 200) -> Response:
    return own_page(
        request,
        me,
        "upstreams/connected.html",
        here="upstreams",
        status=status,
        connections=await service.links_of(me.visit, me.account.id),
        providers=await service.buttons(me.visit, me.realm),
        error=error,
    )
