"""From a proof to a session: the cookies that are set and the page that comes next."""

from fastapi import Request
from starlette.responses import Response

from identity_service.accounts.models import Account
from identity_service.devices import service as devices
from identity_service.protocol.outcomes import show
from identity_service.sign_in import service, unfinished
from identity_service.sign_in.unfinished import Way
from identity_service.visit import Caller, Visit
from identity_service.web import cookie_secret, drop_cookie, see_other, set_cookie, set_session_cookie


async def enter(request: Request, visit: Visit, account: Account, *, amr: list[str], way: Way) -> Response:
    """Sign `account` in, or ask for what is still missing."""
    device = await devices.find(visit, account.id, device_secret(request, visit, account.realm))
    if await service.owes_second(visit, account, amr=amr, way=way, device=device):
        return await ask_for_second(visit, account, amr=amr, way=way)
    return await finish(request, visit, account, amr=amr, way=way)


async def ask_for_second(visit: Visit, account: Account, *, amr: list[str], way: Way) -> Response:
    """Keep what was proved, and go to the page for the rest."""
    secret = await unfinished.begin(visit, account, amr=amr, way=way)
    response = see_other(f"/sign-in/second?realm={account.realm}")
    set_cookie(response, visit, unfinished.cookie(visit, account.realm), secret, life=unfinished.LIFE)
    return response


async def finish(
    request: Request, visit: Visit, account: Account, *, amr: list[str], way: Way, remember: bool = False
) -> Response:
    """Sign `account` in and send the browser on its way."""
    realm = account.realm
    old_secret = cookie_secret(request, visit, realm)
    secret, outcome = await service.sign_in(visit, account, amr=amr, old_secret=old_secret, way=way)
    browser = await service.know_browser(
        visit, account, device_secret(request, visit, realm), remember=remember
    )
    if outcome is not None:
        response = show(request, outcome)
    else:
        response = see_other(way.back_to or f"/account?realm={realm}")
    set_session_cookie(response, visit, realm, secret)
    set_cookie(response, visit, devices.cookie(visit, realm), browser, life=devices.KNOWN_FOR)
    drop_cookie(response, visit, unfinished.cookie(visit, realm))
    return response


def device_secret(request: Request, caller: Caller, realm: str) -> str | None:
    """What the browser says by which it may be known."""
    return request.cookies.get(devices.cookie(caller, realm))
