"""Proving again who one is, before something that a stolen session must not be able to do (ASVS 5.0, 7.5).

A page asks `require_fresh` first and returns what comes of it, if anything:

    if (detour := await require_fresh(visit, session, back_to=request.url.path)) is not None:
        return detour
"""

import re
from datetime import timedelta
from urllib.parse import urlencode

from starlette.responses import Response

from identity_service.factors import levels, service
from identity_service.sessions import service as sessions
from identity_service.sessions.models import SignInSession
from identity_service.visit import Visit
from identity_service.web import see_other
from shared.oidc.names import Acr

FRESH_FOR = timedelta(minutes=10)
_OWN_PAGE = re.compile(r"/(account|admin|device)(/[A-Za-z0-9_-]+)*/?(\?[A-Za-z0-9_=&%.-]*)?")


async def is_fresh(visit: Visit, session: SignInSession, *, level: Acr = Acr.ONE) -> bool:
    """Whether the person proved who they are ten minutes ago at most, with a second factor if they have one
    or `level` asks for it."""
    if session.auth_time < visit.now - FRESH_FOR:
        return False
    if levels.acr_of(session.amr) is Acr.TWO:
        return True
    return level is Acr.ONE and not (await service.of(visit, await sessions.account_of(visit, session))).count


async def require_fresh(
    visit: Visit, session: SignInSession, *, back_to: str, level: Acr = Acr.ONE
) -> Response | None:
    """None, or the way to the sign-in page and from there to `back_to`, a page of ours fetched by GET."""
    address = await where_to_prove(visit, session, back_to=back_to, level=level)
    return see_other(address) if address is not None else None


async def where_to_prove(
    visit: Visit, session: SignInSession, *, back_to: str, level: Acr = Acr.ONE
) -> str | None:
    """Where the person proves again who they are, or gives the second factor alone; None if all is fresh."""
    if await is_fresh(visit, session, level=level):
        return None
    query = {"realm": session.realm, "next": back_to}
    if session.auth_time < visit.now - FRESH_FOR:
        return "/sign-in?" + urlencode(query | {"prove": "again"})
    return "/sign-in/step-up?" + urlencode(query)


def own_page(path: str | None) -> str:
    """`path` when it is one of our own pages that may follow a sign-in, else nothing: no open redirect."""
    return path if path and len(path) <= 300 and _OWN_PAGE.fullmatch(path) else ""
