"""From a proof to a session: the cookies that are set and the page that comes next."""

from fastapi import Request
from starlette.responses import Response

from identity_service.devices import service as devices
from identity_service.grants import service as grants
from identity_service.grants.models import PendingRequest
from identity_service.protocol import authorization
from identity_service.protocol.outcomes import show
from identity_service.sign_in import service, unfinished
from identity_service.sign_in.proof import Browser, Proof, Way
from identity_service.sign_in.service import Standing
from identity_service.visit import Caller
from identity_service.web import cookie_secret, drop_cookie, see_other, set_cookie, set_session_cookie


async def enter(request: Request, caller: Caller, proof: Proof, *, way: Way) -> Response:
    """Sign somebody in, or ask for what is still missing. Raises TooLate."""
    standing = await service.look(caller, proof, browser_of(request, caller, proof.realm))
    pending = await grants.waiting(caller, way.pending_id)
    if await service.owes_second(caller, standing, pending, amr=proof.amr, way=way):
        return await ask_for_second(caller, proof, way=way, may_enrol=not standing.factors.count)
    return await _let_in(request, caller, standing, proof, pending, way=way)


async def ask_for_second(caller: Caller, proof: Proof, *, way: Way, may_enrol: bool) -> Response:
    """Keep what was proved, and go to the page for the rest. Raises TooLate."""
    secret = await unfinished.begin(caller, proof, way=way, may_enrol=may_enrol)
    response = see_other(f"/sign-in/second?realm={proof.realm}")
    set_cookie(response, caller, unfinished.cookie(caller, proof.realm), secret, life=unfinished.LIFE)
    return response


async def finish(
    request: Request, caller: Caller, proof: Proof, *, way: Way, remember: bool = False
) -> Response:
    """Sign somebody in who owes nothing more, and send the browser on its way. Raises TooLate."""
    standing = await service.look(caller, proof, browser_of(request, caller, proof.realm))
    pending = await grants.waiting(caller, way.pending_id)
    return await _let_in(request, caller, standing, proof, pending, way=way, remember=remember)


async def _let_in(
    request: Request,
    caller: Caller,
    standing: Standing,
    proof: Proof,
    pending: PendingRequest | None,
    *,
    way: Way,
    remember: bool = False,
) -> Response:
    realm = proof.realm
    browser = browser_of(request, caller, realm)
    entered = await service.sign_in(caller, standing, proof, browser=browser, way=way, remember=remember)
    outcome = await authorization.resume(caller, pending, entered.sid, realm)
    if outcome is not None:
        response = show(request, outcome)
    else:
        response = see_other(way.back_to or f"/account?realm={realm}")
    set_session_cookie(response, caller, realm, entered.session)
    set_cookie(response, caller, devices.cookie(caller, realm), entered.known_by, life=devices.KNOWN_FOR)
    drop_cookie(response, caller, unfinished.cookie(caller, realm))
    return response


def browser_of(request: Request, caller: Caller, realm: str) -> Browser:
    """What the browser brings to one realm."""
    return Browser(cookie_secret(request, caller, realm), request.cookies.get(devices.cookie(caller, realm)))
