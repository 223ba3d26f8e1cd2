"""Signing in by way of a provider: to it and back."""

from typing import Final
from uuid import UUID

import structlog
from fastapi import APIRouter, Request
from starlette.responses import Response

from identity_service.factors import fresh
from identity_service.grants import service as grants
from identity_service.sealing import new_secret
from identity_service.sessions import service as sessions
from identity_service.sign_in.entering import enter
from identity_service.sign_in.proof import Proof, Way
from identity_service.upstreams import asking, linking, provider
from identity_service.upstreams.asking import Question
from identity_service.upstreams.errors import NotEquipped, UpstreamRefused, UpstreamSilent
from identity_service.upstreams.provider import Provider
from identity_service.visit import Caller
from identity_service.web import Calling, drop_cookie, page, see_other, set_cookie
from shared.web.settings import cookie_name

router = APIRouter(include_in_schema=False)

CONFIRM_PATH: Final = "/account/upstreams/confirm"
_SENTENCES: Final = {
    "denied": "You said no there, or {title} did not let you go on.",
    "deactivated": "Your account here was shut. Ask your administrator.",
    "unknown": "There is no account here for you. Ask your administrator.",
    "no question": "This answer came too late, twice, or from another browser. Start again.",
    "unsolicited": "{title} sent an answer that nobody had asked for. Begin on the sign-in page here.",
    "not equipped": "{title} cannot be asked from here yet. {detail}",
    "silent": "{title} does not answer at the moment. Try again in a few minutes, or sign in another way.",
}
_ANY: Final = "{title} sent an answer that cannot be believed. Nothing was changed; start again."

log = structlog.get_logger("upstreams")


@router.get("/sign-in/upstream/{upstream_id}")
async def begin(request: Request, caller: Calling, upstream_id: str) -> Response:
    """Off to the provider. It changes nothing here, so a link leads to it and no form."""
    query = request.query_params
    pending = await grants.waiting(caller, sessions.session_id(query.get("request")))
    asked = await provider.enabled(caller, upstream_id)
    is_for_it = pending is not None and pending.realm == asked.realm
    question = Question(
        pending_id=pending.id if pending is not None and is_for_it else None,
        back_to=fresh.own_page(query.get("next")),
        proves_again=bool(query.get("prove")),
    )
    return await send_off(request, caller, asked, question)


async def send_off(request: Request, caller: Caller, asked: Provider, question: Question) -> Response:
    """To the provider, with a secret that binds the answer to this browser."""
    browser = request.cookies.get(browser_cookie(caller)) or new_secret()
    try:
        address = await asking.ask(caller, asked.id, question, browser=browser)
    except UpstreamSilent as silence:
        return silent_page(request, asked, silence, question.pending_id)
    response = see_other(address)
    set_cookie(response, caller, browser_cookie(caller), browser, life=asking.LIFE)
    return response


@router.get("/sign-in/upstream/{upstream_id}/callback")
async def come_back(request: Request, caller: Calling, upstream_id: str) -> Response:
    """The provider's answer: checked outside of any transaction, then one that lets the person in."""
    asked = await provider.enabled(caller, upstream_id)
    answer = _once(request)
    pending_id = None
    try:
        attempt = await asking.take(
            caller, asked.id, answer, browser=request.cookies.get(browser_cookie(caller))
        )
        pending_id = attempt.pending_id
        person = await asking.person(caller, asked, attempt, answer)
    except UpstreamSilent as silence:
        return silent_page(request, asked, silence, pending_id)
    except UpstreamRefused as refusal:
        async with caller.begin() as visit:
            linking.refuse(visit, asked.id, refusal.reason)
        return refused_page(request, asked, refusal.reason, pending_id)
    async with caller.begin() as visit:
        match await linking.arrive(visit, asked, attempt, person):
            case linking.Known(account):
                way = Way(attempt.pending_id, attempt.back_to, proved_at=person.proved_at)
                return await enter(request, visit, Proof(account.id, account.realm, person.amr), way=way)
            case linking.Offered(secret):
                response = see_other(CONFIRM_PATH if attempt.links_to else "/sign-in/upstream-offer")
                set_cookie(response, visit, offer_cookie(visit), secret, life=asking.LIFE)
                return response
            case linking.Refused(reason):
                return refused_page(request, asked, reason, attempt.pending_id)


@router.get("/sign-in/upstream-offer")
async def explain_offer(request: Request, caller: Calling) -> Response:
    """For people whom a provider knows and nobody here: they sign in to their account first."""
    offer = await linking.offer(caller, request.cookies.get(offer_cookie(caller)))
    if offer is None:
        return see_other("/sign-in")
    return page(request, "upstreams/offer.html", realm=offer.realm, offer=offer, confirm_path=CONFIRM_PATH)


def browser_cookie(caller: Caller) -> str:
    return cookie_name("identity", caller.settings.identity_public_url, "upstream")


def offer_cookie(caller: Caller) -> str:
    return cookie_name("identity", caller.settings.identity_public_url, "upstream-offer")


def drop_offer(response: Response, caller: Caller) -> None:
    drop_cookie(response, caller, offer_cookie(caller))


def _once(request: Request) -> dict[str, str]:
    """The query; a parameter that comes twice is none (RFC 6749 section 3.1)."""
    query = request.query_params
    return {name: value for name, value in query.items() if len(query.getlist(name)) == 1}


def silent_page(
    request: Request, asked: Provider, silence: UpstreamSilent, pending_id: UUID | None
) -> Response:
    """A provider could not be asked. What is not installed here is named; the rest is for the log."""
    log.warning("provider silent", upstream=asked.id, because=str(silence))
    if isinstance(silence, NotEquipped):
        return refused_page(request, asked, "not equipped", pending_id, detail=silence.detail)
    return refused_page(request, asked, "silent", pending_id)


def refused_page(
    request: Request, asked: Provider, reason: str, pending_id: UUID | None, *, detail: str = ""
) -> Response:
    """Why somebody is not signed in, in words for them."""
    sentence = _SENTENCES.get(reason, _ANY).format(title=asked.title, detail=detail)
    status = {"silent": 503, "not equipped": 503, "deactivated": 403, "unknown": 403}.get(reason, 400)
    return page(
        request,
        "upstreams/refused.html",
        realm=asked.realm,
        status=status,
        title=asked.title,
        reason=sentence,
        pending_id=str(pending_id) if pending_id else "",
    )
