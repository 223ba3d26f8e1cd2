"""Who sees the console, and what stands around each of its pages. Nobody else is told that it exists."""

from collections.abc import AsyncIterator, Iterable
from typing import Annotated, Any, Final

from fastapi import Depends, FastAPI, Request
from starlette.responses import Response

from identity_service.admin.access import ROLE, Admin
from identity_service.factors.fresh import where_to_prove
from identity_service.sessions import service as sessions
from identity_service.visit import Visit
from identity_service.web import Calling, cookie_secret, page, see_other, site
from shared.kernel.errors import NotFound, invalid_field
from shared.web.csrf import own_form_only
from shared.web.times import zone_named

NAV: Final = (
    ("people", "People", "/admin/people", "people"),
    ("organisations", "Organisations", "/admin/organisations", "home"),
    ("clients", "Applications", "/admin/clients", "link"),
    ("policies", "Sign-in policy", "/admin/policies", "lock"),
    ("keys", "Signing keys", "/admin/keys", "key"),
    ("audit", "Audit log", "/admin/audit", "clock"),
)
"""Name, label, address and icon of each page; a page says by its name where it is."""
DONE: Final = {
    "invited": "The invitation was sent. It works once, within seven days.",
    "changed": "The change was saved.",
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


async def prove_first(request: Request, error: Exception) -> Response:
    """The exception handler of `ProveFirst`."""
    assert isinstance(error, ProveFirst)
    return see_other(error.address)


def catch(app: FastAPI) -> None:
    app.add_exception_handler(ProveFirst, prove_first)


async def _admin(request: Request, visit: Visit, *, acts: bool) -> Admin:
    session = await sessions.find(visit, "staff", cookie_secret(request, visit, "staff"))
    account = await sessions.account_of(visit, session) if session is not None else None
    if session is None or account is None or ROLE not in account.roles:
        raise NotFound
    if acts:
        address = await where_to_prove(visit, session, back_to=_page_of(request))
        if address is not None:
            raise ProveFirst(address)
    return Admin(visit, account, session.auth_time, session.amr)


def _page_of(request: Request) -> str:
    """The page that holds the form: forms are sent to `<page>/<what to do>`."""
    path: str = request.scope["path"]
    return path if request.method == "GET" else path.rpartition("/")[0]


def _refuse_nul(values: Iterable[object]) -> None:
    """PostgreSQL holds no NUL: nothing is called by a name that has one."""
    if any("\0" in str(value) for value in values):
        raise invalid_field("", "request.nul_character", "There is a NUL character in it.")


async def _looking(request: Request, caller: Calling) -> AsyncIterator[Admin]:
    _refuse_nul([request.scope["path"], *request.query_params.values()])
    async with caller.begin() as visit:
        yield await _admin(request, visit, acts=False)


async def _acting(request: Request, caller: Calling) -> AsyncIterator[Admin]:
    await own_form_only(request)
    _refuse_nul([request.scope["path"], *(await request.form()).values()])
    async with caller.begin() as visit:
        yield await _admin(request, visit, acts=True)


Looking = Annotated[Admin, Depends(_looking, scope="function")]
Acting = Annotated[Admin, Depends(_acting, scope="function")]
"""With a proof ten minutes old at most, and a second factor of those who have one."""


def console(
    request: Request, admin: Admin, template: str, *, here: str, status: int = 200, **values: Any
) -> Response:
    """A page of the console. Times are said in the administrator's zone."""
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
        status=status,
        around=around,
        viewer=admin.account,
        nav=[(label, url, name == here, icon) for name, label, url, icon in NAV],
        nav_label="Administration",
        flash=[{"text": text} for text in [DONE.get(request.query_params.get("done", ""))] if text],
        now=admin.visit.now.astimezone(zone_named(admin.account.zoneinfo or "UTC")),
        **values,
    )
