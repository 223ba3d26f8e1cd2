"""Setting up a second factor where one is demanded and missing, before anybody is let in."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from identity_service.factors import levels, passkeys, totp
from identity_service.factors import service as factors
from identity_service.factors.errors import PasskeyRefused, WrongCode
from identity_service.factors.questions import question_answer
from identity_service.grants import service as grants
from identity_service.policy import service as policies
from identity_service.protocol import answers
from identity_service.sessions import service as sessions
from identity_service.sign_in import half_done
from identity_service.sign_in.half_done import HalfDone
from identity_service.sign_in.pages import Text
from identity_service.sign_in.waiting import realm_of
from identity_service.visit import Visit
from identity_service.web import Visiting, page
from shared.kernel.errors import NotFound
from shared.web.csrf import own_form_only

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form_only)])


@router.get("/sign-in/enrol")
async def ask_to_enrol(request: Request, visit: Visiting) -> Response:
    waiting = await _to_enrol(request, visit, request.query_params.get("realm", ""))
    if waiting is None:
        return half_done.start_again(request, visit, request.query_params.get("realm", ""))
    return await _enrol_page(request, visit, waiting)


@router.post("/sign-in/enrol")
async def enrol_app(request: Request, visit: Visiting, realm: Text = "", code: Text = "") -> Response:
    waiting = await _to_enrol(request, visit, realm)
    if waiting is None:
        return half_done.start_again(request, visit, realm)
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
        return half_done.start_again(request, visit, realm)
    codes = await factors.keep_passkey(
        visit, waiting.account, question_id=sessions.session_id(question), answer=answer, name=""
    )
    if codes is None:
        return await _enrol_page(request, visit, waiting, error=PasskeyRefused.title, status=422)
    return await _enrolled(request, visit, waiting, waiting.with_second([levels.PRESENCE]), codes)


@router.post("/sign-in/enrol/done")
async def go_on(request: Request, visit: Visiting, realm: Text = "") -> Response:
    """The recovery codes were seen."""
    waiting = await half_done.find(request, visit, realm)
    if waiting is None or waiting.row.enrolled_at is None:
        return half_done.start_again(request, visit, realm)
    return await half_done.finish(request, visit, waiting, waiting.row.amr)


async def _to_enrol(request: Request, visit: Visit, realm: str) -> HalfDone | None:
    """Who may set up a first factor here: nobody who has one, or had one when this began, since one proof
    does not add another."""
    waiting = await half_done.find(request, visit, realm)
    if waiting is None or not waiting.row.may_enrol or (await factors.of(visit, waiting.account)).count:
        return None
    return waiting


async def _enrolled(
    request: Request, visit: Visit, waiting: HalfDone, amr: list[str], codes: list[str]
) -> Response:
    """Show the recovery codes, once, before it goes on."""
    waiting.row.enrolled_at, waiting.row.amr = visit.now, amr
    if not codes:
        return await half_done.finish(request, visit, waiting, amr)
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


async def _enrol_page(
    request: Request, visit: Visit, waiting: HalfDone, *, error: str = "", status: int = 200
) -> Response:
    policy = await policies.get(visit.session, waiting.account.realm)
    return await half_done.show(
        request,
        visit,
        waiting,
        "sign_in/enrol.html",
        status=status,
        error=error,
        setup=await totp.setup(visit, waiting.account, place=waiting.row.id, is_again=bool(error)),
        passkeys=policy.allows_passkeys,
    )
