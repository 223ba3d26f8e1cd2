"""Who sees the console, and what stands around each of its pages. Nobody else is told that it exists."""

from collections.abc import Iterable
from contextlib import AsyncExitStack
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from identity_service.admin.access import Admin
from identity_service.factors.fresh import where_to_prove
from identity_service.roles.service import ADMIN
from identity_service.sessions import service as sessions
from identity_service.visit import Visit
from identity_service.web import caller_of, cookie_secret, page, see_other, site
from shared.kernel.errors import NotFound, Problem, invalid_field
from shared.web import idempotency
from shared.web.csrf import own_form_only
from shared.web.forms import NOTHING_WRONG, Refusal
from shared.web.routes import Handler
from shared.web.times import zone_named

NAV: Final = (
    ("people", "People", "/admin/people", "person"),
    ("invitations", "Invitations", "/admin/invitations", "share"),
    ("groups", "Groups", "/admin/groups", "people"),
    ("organisations", "Organisations", "/admin/organisations", "home"),
    ("roles", "Roles", "/admin/roles", "star"),
    ("clients", "Applications", "/admin/clients", "link"),
    ("openings", "Registration tokens", "/admin/initial-access-tokens", "plus"),
    ("upstreams", "Providers", "/admin/upstreams", "globe"),
    ("policies", "Sign-in policy", "/admin/policies", "lock"),
    ("keys", "Signing keys", "/admin/keys", "key"),
    ("audit", "Audit log", "/admin/audit", "clock"),
)
"""Name, label, address and icon of each page; a page says by its name where it is."""
DONE: Final = {
    "invited": "The invitation was sent. It works once, within seven days.",
    "changed": "The change was saved.",
    "made": "It is made. Its secret was shown once: make a new one if you missed it.",
    "sent-again": "The invitation was sent again. The link that was sent before works no more.",
    "withdrawn": "The invitation was withdrawn.",
    "group": "The group is made. Put people in below.",
    "joined": "They are in the group now.",
    "left": "They are out of the group.",
    "role": "The role is made.",
    "connected": "The provider is connected. Register the redirect address there, then test it.",
    "revoked": "The token is good no more.",
    "deactivated": "This person is shut out, everywhere and at once.",
    "reactivated": "This person may sign in again.",
    "purged": "The account was deleted for good.",
    "sessions": "All sessions were ended.",
    "factors": "The second factors were removed.",
    "link": "A link to set a password was sent.",
    "removed": "It was deleted for good.",
    "rotated": "New keys were made.",
}
"""What the page after a form says, by a word in its address."""


class ProveFirst(Exception):
    """The proof is too old or too weak for this; `address` is where a better one is given."""

    def __init__(self, address: str) -> None:
        self.address = address


class NotTaken(Exception):
    """What a form asked for is refused, and nothing of it is done: `page` holds the form again, with what was
    typed and what is wrong with it."""

    def __init__(self, page: Response) -> None:
        self.page = page


def unconfirmed(problem: Problem, form: str = "remove") -> Refusal:
    """Why something is not done that has to be confirmed by its name, beside the field `f-<form>`."""
    return Refusal(problem, about=form, labels={form: "Confirmation"})


class ConsoleRoute(APIRoute):
    """A page or a form, with one transaction around it. A form that is sent twice is taken once."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def in_transaction(request: Request) -> Response:
            request.state.idempotency = request.state.instead = None
            try:
                async with AsyncExitStack() as stack:
                    request.state.transaction = stack
                    response = await handle(request)
                    kept = request.state.instead or response
                    if (pending := request.state.idempotency) and pending.keeps(kept):
                        visit: Visit = request.state.visit
                        await idempotency.store(visit.session, pending, kept, visit.now)
            except idempotency.Replay as replay:
                return replay.response
            except ProveFirst as owed:
                return see_other(owed.address)
            except NotTaken as refusal:
                return refusal.page
            return response

        return in_transaction


def console_router() -> APIRouter:
    return APIRouter(include_in_schema=False, route_class=ConsoleRoute)


def shown_once(request: Request, leads_to: str) -> None:
    """The page that comes holds a secret, and is kept nowhere: a second click leads to `leads_to` instead."""
    request.state.instead = see_other(leads_to)


async def _admin(request: Request, *, acts: bool) -> Admin:
    stack: AsyncExitStack = request.state.transaction
    visit = request.state.visit = await stack.enter_async_context(caller_of(request).begin())
    session = await sessions.find(visit, "staff", cookie_secret(request, visit, "staff"))
    account = await sessions.account_of(visit, session) if session is not None else None
    if session is None or account is None or ADMIN not in account.roles:
        raise NotFound
    if acts:
        address = await where_to_prove(visit, session, back_to=_page_of(request))
        if address is not None:
            raise ProveFirst(address)
        caller = str(account.id)
        request.state.idempotency = await idempotency.begin_form_for(visit.session, request, caller=caller)
    return Admin(visit, account, session.auth_time, session.amr)


def _page_of(request: Request) -> str:
    """The page that holds the form: forms are sent to `<page>/<what to do>`."""
    path: str = request.scope["path"]
    return path if request.method == "GET" else path.rpartition("/")[0]


def _refuse_nul(values: Iterable[object]) -> None:
    """PostgreSQL holds no NUL: nothing is called by a name that has one."""
    if any("\0" in str(value) for value in values):
        raise invalid_field("", "request.nul_character", "There is a NUL character in it.")


async def _looking(request: Request) -> Admin:
    _refuse_nul([request.scope["path"], *request.query_params.values()])
    return await _admin(request, acts=False)


async def _filling(request: Request) -> Admin:
    _refuse_nul([request.scope["path"], *request.query_params.values()])
    return await _admin(request, acts=True)


async def _acting(request: Request) -> Admin:
    await own_form_only(request)
    typed = await request.form()  # all of it, before anything of the database is held
    _refuse_nul([request.scope["path"], *(value for _, value in typed.multi_items())])
    return await _admin(request, acts=True)


Looking = Annotated[Admin, Depends(_looking)]
Filling = Annotated[Admin, Depends(_filling)]
"""For long forms: the proof that they want is asked for before they are filled in."""
Acting = Annotated[Admin, Depends(_acting)]
"""With a proof ten minutes old at most, and a second factor of those who have one."""


Text = Annotated[str, Form()]
"""What was typed into one field. How long it may be is the model's to say, beside the field."""
Names = Annotated[list[str], Form()]


def console(
    request: Request,
    admin: Admin,
    template: str,
    *,
    here: str,
    refused: Refusal = NOTHING_WRONG,
    **values: Any,
) -> Response:
    """A page of the console, or one again whose form was `refused`. Times are said in the administrator's
    zone."""
    around = site(admin.visit.settings, "staff")
    around["home_url"] = "/admin/people"
    around["links"] = around["links"] | {
        "profile": "/account?realm=staff",
        "sign_out": "/sign-out?realm=staff",
    }
    return page(
        request,
        f"admin/{template}",
        realm="staff",
        status=422 if refused.summary else 200,
        refused=refused,
        around=around,
        viewer=admin.account,
        nav=[(label, url, name == here, icon) for name, label, url, icon in NAV],
        nav_label="Administration",
        flash=[{"text": text} for text in [DONE.get(request.query_params.get("done", ""))] if text],
        now=admin.visit.now.astimezone(zone_named(admin.account.zoneinfo or "UTC")),
        **values,
    )
