"""From an HTTP request to a `Visit`, and from an outcome to a page."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from identity_service.sessions import service as sessions
from identity_service.settings import Settings
from identity_service.visit import Caller, Services, Visit
from shared.kernel.errors import NotFound, Problem
from shared.web.headers import header
from shared.web.limits import Limits, address_of
from shared.web.middleware import CONTENT_SECURITY_POLICY
from shared.web.problems import problem_response
from shared.web.templates import Pages

TEMPLATES = Path(__file__).parent / "templates"
REALMS = ("customer", "staff")
OF_PROGRAMS = (
    "/.well-known/",
    "/oauth/device_authorization",
    "/oauth/introspect",
    "/oauth/origins",
    "/oauth/par",
    "/oauth/register",
    "/oauth/revoke",
    "/oauth/token",
    "/oauth/userinfo",
    "/scim/",
    "/security-events/",
)
"""Where nobody looks at a page."""


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def caller_of(request: Request) -> Caller:
    """Who is at the door."""
    services = services_of(request)
    return Caller(
        services=services,
        now=services.clock.now(),
        address=address_of(request.scope),
        user_agent=header(request.scope, b"user-agent") or "",
    )


async def _calling(request: Request) -> Caller:
    """Raises `NotFound` for an address with a NUL character: PostgreSQL holds none."""
    if "\0" in request.scope["path"]:
        raise NotFound
    return caller_of(request)


Calling = Annotated[Caller, Depends(_calling)]


async def _visit(caller: Calling) -> AsyncIterator[Visit]:
    async with caller.begin() as visit:
        yield visit


# With this scope the transaction ends before the answer leaves, and a commit that fails is a 500.
Visiting = Annotated[Visit, Depends(_visit, scope="function")]


async def _whole_body(request: Request) -> None:
    """A dependency that goes before `Visiting`: whoever sends slowly holds nothing of the database."""
    await request.body()


BODY_FIRST = [Depends(_whole_body)]


def count_address(request: Request) -> None:
    """For whatever programs call, before anything else. Who asks as a known client or person is counted as
    such too, by `count_client` of the same limits. Raises TooManyRequests."""
    limits: Limits = request.app.state.limits
    limits.count_address(request.scope)


def site(settings: Settings, realm: str | None = None) -> dict[str, Any]:
    """How a page looks: staff sign in on the inside's dark page, customers on the outside's light one."""
    theme, line = {
        "staff": ("inside", "Inside · colleagues only"),
        "customer": ("outside", "Customers and partners"),
    }.get(realm or "", ("identity", ""))
    prefix = {"staff": "Inside: "}.get(realm or "", "")
    links = {"footer": [("Customers", "/sign-in?realm=customer"), ("Colleagues", "/sign-in?realm=staff")]}
    home = f"/sign-in?realm={realm}" if realm else "/sign-in"
    return {
        "name": settings.identity_name,
        "theme": theme,
        "audience_line": line,
        "title_prefix": prefix,
        "home_url": home,
        "links": links,
    }


def page(
    request: Request,
    template: str,
    *,
    realm: str | None = None,
    status: int = 200,
    leads_to: str | None = None,
    around: Mapping[str, Any] | None = None,
    **values: Any,
) -> Response:
    """A page of ours: never kept, never framed, and its address is not told to where it leads.

    `leads_to` is another origin to which the page's form may redirect in the end; `around` is what stands
    in place of the site's own header and footer.
    """
    pages: Pages = request.app.state.pages
    form_action = "'self'" + (f" {leads_to}" if leads_to else "")
    headers = {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY.format(form_action=form_action),
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    return pages.page(
        template,
        status=status,
        headers=headers,
        site=around or site(services_of(request).settings, realm),
        realm=realm,
        **({"viewer": None} | values),
    )


async def error_page(request: Request, problem: Problem, status: int) -> Response:
    """What people see of an error; a program at its own addresses gets the problem itself."""
    if request.url.path.startswith(OF_PROGRAMS):
        return problem_response(request, problem)
    return page(
        request,
        "error.html",
        status=status,
        status_code=status,
        title=problem.title,
        detail=problem.detail if problem.detail != problem.title else "",
        request_id=getattr(request.state, "request_id", "-"),
    )


def see_other(url: str) -> Response:
    """303: what comes next is fetched by GET (never 307, which would send a password along)."""
    return RedirectResponse(url, 303, headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


def set_session_cookie(response: Response, caller: Caller, realm: str, secret: str) -> None:
    """Staff cookies end with the browser; customers stay until the session's absolute end."""
    _, absolute = caller.settings.session_life(realm)
    response.set_cookie(
        sessions.cookie(caller, realm),
        secret,
        max_age=int(absolute.total_seconds()) if realm == "customer" else None,
        path="/",
        secure=_is_https(caller),
        httponly=True,
        samesite="lax",
    )


def set_cookie(response: Response, caller: Caller, name: str, secret: str, *, life: timedelta) -> None:
    """A secret for this browser alone: no script reads it, no other site's form sends it."""
    response.set_cookie(
        name,
        secret,
        max_age=int(life.total_seconds()),
        path="/",
        secure=_is_https(caller),
        httponly=True,
        samesite="lax",
    )


def drop_cookie(response: Response, caller: Caller, name: str) -> None:
    response.delete_cookie(name, path="/", secure=_is_https(caller), httponly=True, samesite="lax")


def drop_session_cookie(response: Response, visit: Visit, realm: str) -> None:
    drop_cookie(response, visit, sessions.cookie(visit, realm))


def cookie_secret(request: Request, caller: Caller, realm: str) -> str | None:
    cookies: Mapping[str, str] = request.cookies
    return cookies.get(sessions.cookie(caller, realm))


def _is_https(caller: Caller) -> bool:
    return urlsplit(caller.settings.identity_public_url).scheme == "https"
