"""The second factor: answering with it."""

from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from identity_service.factors import fresh, levels, passkeys
from identity_service.factors import service as factors
from identity_service.factors.errors import PasskeyRefused, WrongCode
from identity_service.factors.questions import question_answer
from identity_service.limits.service import TooManyAttempts
from identity_service.policy import service as policies
from identity_service.sessions import service as sessions
from identity_service.sign_in import half_done, unfinished
from identity_service.sign_in.entering import ask_for_second, browser_of
from identity_service.sign_in.half_done import HalfDone
from identity_service.sign_in.pages import Text
from identity_service.sign_in.proof import Proof, Way
from identity_service.sign_in.waiting import realm_of, waiting_request
from identity_service.visit import Caller, Visit
from identity_service.web import Calling, Visiting, cookie_secret, see_other
from shared.kernel.errors import NotFound
from shared.oidc.names import Acr
from shared.web.csrf import own_form_only

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form_only)])


@router.get("/sign-in/step-up")
async def step_up(request: Request, visit: Visiting) -> Response:
    """Somebody is signed in, and owes a second factor to what they want to do.

    It adds to the proof that they gave, and makes it no younger. An old proof has to be given again first
    where a page of ours is to open, or a factor is to be set up: a stolen session gets neither.
    """
    asked = request.query_params
    pending = await waiting_request(visit, asked.get("request"))
    realm, back_to = realm_of(pending, asked.get("realm")), fresh.own_page(asked.get("next"))
    session = await sessions.find(visit, realm, cookie_secret(request, visit, realm))
    if session is None:
        return see_other(f"/sign-in?realm={realm}" + (f"&request={pending.id}" if pending else ""))
    account = await sessions.account_of(visit, session)
    is_old = session.auth_time < visit.now - fresh.FRESH_FOR
    may_enrol = not (await factors.of(visit, account)).count
    if is_old and (back_to or may_enrol):
        query = {"realm": realm, "next": back_to, "prove": "again"}
        return see_other("/sign-in?" + urlencode(query | ({"request": pending.id} if pending else {})))
    way = Way(pending.id if pending else None, back_to, Acr.TWO, proved_at=session.auth_time)
    proof = Proof(account.id, realm, session.amr, session_id=session.id)
    return await ask_for_second(visit, proof, way=way, may_enrol=may_enrol)


@router.get("/sign-in/second")
async def ask(request: Request, visit: Visiting) -> Response:
    waiting = await half_done.find(request, visit, request.query_params.get("realm", ""))
    if waiting is None:
        return half_done.start_again(request, visit, request.query_params.get("realm", ""))
    if not (await factors.of(visit, waiting.account)).count:
        return see_other(f"/sign-in/enrol?realm={waiting.account.realm}")
    return await _second_page(request, visit, waiting)


@router.post("/sign-in/second")
async def answer_by_code(
    request: Request, caller: Calling, realm: Text = "", code: Text = "", remember: Text = ""
) -> Response:
    error = WrongCode.title
    try:
        is_counted = await _count(request, caller, realm_of(None, realm))
    except TooManyAttempts as limit:
        is_counted, error = False, limit.title
    async with caller.begin() as visit:
        waiting = await half_done.find(request, visit, realm)
        if waiting is None:
            return half_done.start_again(request, visit, realm)
        if is_counted and await factors.check_code(visit, waiting.account, code):
            amr = waiting.with_second([levels.CODE])
            return await half_done.finish(request, visit, waiting, amr, remember=bool(remember))
        if is_counted and not await unfinished.failed(visit, waiting.row):
            return half_done.start_again(request, visit, realm)
        return await _second_page(request, visit, waiting, error=error, status=422 if is_counted else 429)


@router.post("/sign-in/second/options")
async def ask_for_passkey(request: Request, visit: Visiting, realm: Text = "") -> Response:
    waiting = await half_done.find(request, visit, realm)
    if waiting is None or not (await factors.of(visit, waiting.account)).passkeys:
        raise NotFound
    return question_answer(await passkeys.ask_for_second(visit, waiting.account))


@router.post("/sign-in/second/passkey")
async def answer_by_passkey(
    request: Request,
    visit: Visiting,
    realm: Text = "",
    question: Text = "",
    answer: Text = "",
    remember: Text = "",
) -> Response:
    waiting = await half_done.find(request, visit, realm)
    if waiting is None or not (await factors.of(visit, waiting.account)).passkeys:
        return half_done.start_again(request, visit, realm)
    proof = await passkeys.check(
        visit,
        realm=waiting.account.realm,
        question_id=sessions.session_id(question),
        answer=answer,
        account=waiting.account,
    )
    if proof is None:
        return await _second_page(request, visit, waiting, error=PasskeyRefused.title, status=422)
    amr = waiting.with_second(proof.amr)
    return await half_done.finish(request, visit, waiting, amr, remember=bool(remember))


async def _count(request: Request, caller: Caller, realm: str) -> bool:
    """Count a code. Raises TooManyAttempts, of which the person hears once a day."""
    secret = request.cookies.get(unfinished.cookie(caller, realm))
    found = await unfinished.at_door(caller, realm, secret, browser_of(request, caller, realm))
    if found is None:
        return False
    account_id, browser_id = found
    try:
        await unfinished.count_try(caller, account_id, browser_id)
    except TooManyAttempts:
        await unfinished.warn(caller, account_id)
        raise
    return True


async def _second_page(
    request: Request, visit: Visit, waiting: HalfDone, *, error: str = "", status: int = 200
) -> Response:
    policy = await policies.get(visit.session, waiting.account.realm)
    return await half_done.show(
        request,
        visit,
        waiting,
        "sign_in/second.html",
        status=status,
        error=error,
        factors=await factors.of(visit, waiting.account),
        days=policy.remembered_device_days,
    )
