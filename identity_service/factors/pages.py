"""/account/factors: what somebody signs in with beside the password."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from identity_service.devices import service as devices
from identity_service.factors import passkeys, service, totp
from identity_service.factors.errors import AlreadySetUp, FactorNeeded, PasskeyRefused, WrongCode
from identity_service.factors.questions import question_answer
from identity_service.own.frame import Me, Own, own_page
from identity_service.own.fresh import require_fresh
from identity_service.policy import service as policies
from identity_service.sessions import words
from identity_service.sessions.service import session_id
from identity_service.web import see_other
from shared.kernel.errors import NotFound
from shared.web.csrf import own_form_only

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form_only)])

Text = Annotated[str, Form()]
HERE = "/account/factors"


@router.get("/account/factors")
async def listed(request: Request, me: Own) -> Response:
    return await _list(request, me)


@router.get("/account/factors/app")
async def ask_for_app(request: Request, me: Own) -> Response:
    await require_fresh(me, f"{HERE}/app")
    try:
        return await _app_page(request, me)
    except AlreadySetUp:
        return see_other(HERE)


@router.post("/account/factors/app")
async def add_app(request: Request, me: Own, code: Text = "") -> Response:
    await require_fresh(me, f"{HERE}/app")
    codes = await service.confirm_totp(me.visit, me.account, code, place=me.session.id)
    if codes is None:
        try:
            return await _app_page(request, me, error=WrongCode.title)
        except AlreadySetUp:
            return see_other(HERE)
    return _codes_page(request, me, codes)


@router.post("/account/factors/app/remove")
async def remove_app(request: Request, me: Own) -> Response:
    await require_fresh(me, HERE)
    try:
        await service.remove_totp(me.visit, me.account)
    except FactorNeeded as refusal:
        return await _list(request, me, error=refusal.title, status=409)
    return see_other(f"{HERE}?done=factor-removed")


@router.post("/account/factors/codes")
async def renew_codes(request: Request, me: Own) -> Response:
    await require_fresh(me, HERE)
    if not (await service.of(me.visit, me.account)).count:
        raise NotFound
    return _codes_page(request, me, await service.renew_recovery(me.visit, me.account))


@router.get("/account/factors/passkey")
async def ask_for_passkey(request: Request, me: Own) -> Response:
    await require_fresh(me, f"{HERE}/passkey")
    await _require_passkeys(me)
    return own_page(request, me, "factors/new_passkey.html", here="factors", error="")


@router.post("/account/factors/passkey/options")
async def passkey_options(me: Own) -> Response:
    await require_fresh(me, f"{HERE}/passkey")
    await _require_passkeys(me)
    return question_answer(await passkeys.ask_to_register(me.visit, me.account))


@router.post("/account/factors/passkey")
async def add_passkey(
    request: Request, me: Own, name: Text = "", question: Text = "", answer: Text = ""
) -> Response:
    await require_fresh(me, f"{HERE}/passkey")
    await _require_passkeys(me)
    codes = await service.keep_passkey(
        me.visit, me.account, question_id=session_id(question), answer=answer, name=name
    )
    if codes is None:
        error = PasskeyRefused.title
        return own_page(request, me, "factors/new_passkey.html", here="factors", status=422, error=error)
    return _codes_page(request, me, codes) if codes else see_other(f"{HERE}?done=passkey")


@router.post("/account/factors/passkey/rename")
async def rename_passkey(me: Own, passkey: Text = "", name: Text = "") -> Response:
    wanted = session_id(passkey)
    if wanted is None:
        raise NotFound
    await passkeys.rename(me.visit, me.account.id, wanted, name)
    return see_other(f"{HERE}?done=renamed")


@router.post("/account/factors/passkey/remove")
async def remove_passkey(request: Request, me: Own, passkey: Text = "") -> Response:
    await require_fresh(me, HERE)
    wanted = session_id(passkey)
    if wanted is None:
        raise NotFound
    try:
        await service.remove_passkey(me.visit, me.account, wanted)
    except FactorNeeded as refusal:
        return await _list(request, me, error=refusal.title, status=409)
    return see_other(f"{HERE}?done=factor-removed")


@router.post("/account/factors/forget")
async def forget_browser(me: Own, device: Text = "") -> Response:
    wanted = session_id(device)
    if wanted is None:
        raise NotFound
    await devices.forget(me.visit, me.account.id, wanted)
    return see_other(f"{HERE}?done=forgotten")


async def _require_passkeys(me: Me) -> None:
    if not (await policies.get(me.visit.session, me.realm)).allows_passkeys:
        raise NotFound


async def _list(request: Request, me: Me, *, error: str = "", status: int = 200) -> Response:
    visit = me.visit
    browsers = [
        (device, words.browser(device.user_agent), devices.is_remembered(visit, device))
        for device in await devices.listed(visit, me.account.id)
    ]
    return own_page(
        request,
        me,
        "factors/list.html",
        here="factors",
        status=status,
        error=error,
        factors=await service.of(visit, me.account),
        passkeys=await service.listed_passkeys(visit, me.account.id),
        browsers=browsers,
        policy=await policies.get(visit.session, me.realm),
    )


async def _app_page(request: Request, me: Me, *, error: str = "") -> Response:
    setup = await totp.setup(me.visit, me.account, place=me.session.id, is_again=bool(error))
    status = 422 if error else 200
    return own_page(
        request, me, "factors/new_app.html", here="factors", status=status, setup=setup, error=error
    )


def _codes_page(request: Request, me: Me, codes: list[str]) -> Response:
    if not codes:
        return see_other(HERE)
    return own_page(request, me, "factors/codes.html", here="factors", codes=codes, go_on=HERE)
