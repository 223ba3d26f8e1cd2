"""The second factor: answering with it, and setting one up where it is demanded and missing."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from identity_service.accounts.models import Account
from identity_service.devices import service as devices
from identity_service.factors import fresh, levels, passkeys, totp
from identity_service.factors import service as factors
from identity_service.factors.errors import PasskeyRefused, WrongCode
from identity_service.factors.questions import question_answer
from identity_service.grants import service as grants
from identity_service.limits.service import TooManyAttempts
from identity_service.policy import service as policies
from identity_service.protocol import answers
from identity_service.sessions import service as sessions
from identity_service.sign_in import unfinished
from identity_service.sign_in.entering import ask_for_second, device_secret, finish
from identity_service.sign_in.models import UnfinishedSignIn
from identity_service.sign_in.pages import Text
from identity_service.sign_in.unfinished import Way
from identity_service.sign_in.waiting import realm_of, waiting_request
from identity_service.visit import Caller, Visit
from identity_service.web import Calling, Visiting, cookie_secret, drop_cookie, page, see_other
from shared.kernel.errors import NotFound
from shared.oidc.names import Acr
from shared.web.csrf import own_form_only

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form_only)])

FROM_THE_START = "That was wrong too often, or took too long. Sign in again"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A half-done sign-in with its person."""

    row: UnfinishedSignIn
    account: Account

    @property
    def way(self) -> Way:
        return Way(self.row.pending_id, self.row.back_to, proved_at=self.row.proved_at)

    def with_second(self, amr: list[str]) -> list[str]:
        return levels.and_second(self.row.amr, amr)


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
    if is_old and (back_to or not (await factors.of(visit, account)).count):
        query = {"realm": realm, "next": back_to, "prove": "again"}
        return see_other("/sign-in?" + urlencode(query | ({"request": pending.id} if pending else {})))
    way = Way(pending.id if pending else None, back_to, Acr.TWO, proved_at=session.auth_time)
    return await ask_for_second(visit, account, amr=session.amr, way=way)


@router.get("/sign-in/second")
async def ask(request: Request, visit: Visiting) -> Response:
    waiting = await _waiting(request, visit, request.query_params.get("realm", ""))
    if waiting is None:
        return _start_again(request, visit, request.query_params.get("realm", ""))
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
        waiting = await _waiting(request, visit, realm)
        if waiting is None:
            return _start_again(request, visit, realm)
        if is_counted and await factors.check_code(visit, waiting.account, code):
            amr = waiting.with_second([levels.CODE])
            return await _finish(request, visit, waiting, amr, remember=bool(remember))
        if is_counted and not await unfinished.failed(visit, waiting.row):
            return _start_again(request, visit, realm)
        return await _second_page(request, visit, waiting, error=error, status=422 if is_counted else 429)


@router.post("/sign-in/second/options")
async def ask_for_passkey(request: Request, visit: Visiting, realm: Text = "") -> Response:
    waiting = await _waiting(request, visit, realm)
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
    waiting = await _waiting(request, visit, realm)
    if waiting is None or not (await factors.of(visit, waiting.account)).passkeys:
        return _start_again(request, visit, realm)
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
    return await _finish(request, visit, waiting, amr, remember=bool(remember))


@router.get("/sign-in/enrol")
async def ask_to_enrol(request: Request, visit: Visiting) -> Response:
    waiting = await _to_enrol(request, visit, request.query_params.get("realm", ""))
    if waiting is None:
        return _start_again(request, visit, request.query_params.get("realm", ""))
    return await _enrol_page(request, visit, waiting)


@router.post("/sign-in/enrol")
async def enrol_app(request: Request, visit: Visiting, realm: Text = "", code: Text = "") -> Response:
    waiting = await _to_enrol(request, visit, realm)
    if waiting is None:
        return _start_again(request, visit, realm)
    codes = await factors.confirm_totp(visit, waiting.account, code, place=waiting.row.id)
    if codes is None:
        return await _enrol_page(request, visit, waiting, error=WrongCode.title, status=422)
    return await _enrolled(request, visit, waiting, waiting.with_second([levels.CODE]), codes)


@router.post("/sign-in/enrol/options")
async def ask_for_new_passkey(request: Request, visit: Visiting, realm: Text = "") -> Response:
    waiting = await _to_enrol(request, visit, realm)
    policy = await policies.get(visit.session, realm_of(None, realm))
    if waiting is None or not policy.allows_passkeys:
        raise NotFound
    return question_answer(await passkeys.ask_to_register(visit, waiting.account))


@router.post("/sign-in/enrol/passkey")
async def enrol_passkey(
    request: Request, visit: Visiting, realm: Text = "", question: Text = "", answer: Text = ""
) -> Response:
    waiting = await _to_enrol(request, visit, realm)
    policy = await policies.get(visit.session, realm_of(None, realm))
    if waiting is None or not policy.allows_passkeys:
        return _start_again(request, visit, realm)
    codes = await factors.keep_passkey(
        visit, waiting.account, question_id=sessions.session_id(question), answer=answer, name=""
    )
    if codes is None:
        return await _enrol_page(request, visit, waiting, error=PasskeyRefused.title, status=422)
    return await _enrolled(request, visit, waiting, waiting.with_second([levels.PRESENCE]), codes)


@router.post("/sign-in/enrol/done")
async def go_on(request: Request, visit: Visiting, realm: Text = "") -> Response:
    """The recovery codes were seen."""
    waiting = await _waiting(request, visit, realm)
    if waiting is None or waiting.row.enrolled_at is None:
        return _start_again(request, visit, realm)
    return await _finish(request, visit, waiting, waiting.row.amr, remember=False)


async def _waiting(request: Request, visit: Visit, realm: str) -> Waiting | None:
    realm = realm_of(None, realm)
    row = await unfinished.find(visit, realm, request.cookies.get(unfinished.cookie(visit, realm)))
    if row is None:
        return None
    account = await visit.session.get_one(Account, row.account_id)
    return Waiting(row, account)


async def _to_enrol(request: Request, visit: Visit, realm: str) -> Waiting | None:
    """Who may set up a first factor here: nobody who has one, since one proof does not add another."""
    waiting = await _waiting(request, visit, realm)
    if waiting is None or (await factors.of(visit, waiting.account)).count:
        return None
    return waiting


async def _count(request: Request, caller: Caller, realm: str) -> bool:
    """Count a code. Raises TooManyAttempts, of which the person hears once a day."""
    secret = request.cookies.get(unfinished.cookie(caller, realm))
    account_id = await unfinished.account_at_door(caller, realm, secret)
    if account_id is None:
        return False
    async with caller.begin() as visit:
        device = await devices.find(visit, account_id, device_secret(request, visit, realm))
        device_id = device.id if device else None
    try:
        await unfinished.count_try(caller, account_id, device_id)
    except TooManyAttempts:
        await unfinished.warn(caller, account_id)
        raise
    return True


async def _finish(
    request: Request, visit: Visit, waiting: Waiting, amr: list[str], *, remember: bool
) -> Response:
    await visit.session.delete(waiting.row)
    return await finish(request, visit, waiting.account, amr=amr, way=waiting.way, remember=remember)


async def _enrolled(
    request: Request, visit: Visit, waiting: Waiting, amr: list[str], codes: list[str]
) -> Response:
    """Show the recovery codes, once, before it goes on."""
    waiting.row.enrolled_at, waiting.row.amr = visit.now, amr
    if not codes:
        return await _finish(request, visit, waiting, amr, remember=False)
    leads_to = answers.client_origin(await grants.waiting(visit, waiting.row.pending_id))
    realm = waiting.account.realm
    return page(
        request,
        "factors/codes.html",
        realm=realm,
        leads_to=leads_to,
        codes=codes,
        go_on="/sign-in/enrol/done",
    )


def _start_again(request: Request, visit: Visit, realm: str) -> Response:
    realm = realm_of(None, realm)
    response = see_other(f"/sign-in?realm={realm}&late=1")
    drop_cookie(response, visit, unfinished.cookie(visit, realm))
    return response


async def _second_page(
    request: Request, visit: Visit, waiting: Waiting, *, error: str = "", status: int = 200
) -> Response:
    policy = await policies.get(visit.session, waiting.account.realm)
    return await _page(
        request,
        visit,
        waiting,
        "sign_in/second.html",
        status=status,
        error=error,
        factors=await factors.of(visit, waiting.account),
        days=policy.remembered_device_days,
    )


async def _enrol_page(
    request: Request, visit: Visit, waiting: Waiting, *, error: str = "", status: int = 200
) -> Response:
    policy = await policies.get(visit.session, waiting.account.realm)
    return await _page(
        request,
        visit,
        waiting,
        "sign_in/enrol.html",
        status=status,
        error=error,
        setup=await totp.setup(visit, waiting.account, place=waiting.row.id, is_again=bool(error)),
        passkeys=policy.allows_passkeys,
    )


async def _page(
    request: Request, visit: Visit, waiting: Waiting, template: str, *, status: int, **values: Any
) -> Response:
    pending = await grants.waiting(visit, waiting.row.pending_id)
    return page(
        request,
        template,
        realm=waiting.account.realm,
        status=status,
        leads_to=answers.client_origin(pending),
        account=waiting.account,
        **values,
    )
