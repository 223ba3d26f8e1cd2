"""Who looks at their own account, and what stands around each of its pages."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from starlette.responses import Response

from identity_service.accounts.models import Account
from identity_service.roles.service import ADMIN
from identity_service.sessions import service as sessions
from identity_service.sessions.models import SignInSession
from identity_service.visit import Caller, Visit
from identity_service.web import REALMS, Calling, cookie_secret, page, see_other, site
from shared.web.settings import cookie_name
from shared.web.times import zone_named

NAV: Final = (
    ("overview", "Your account", "/account", "home"),
    ("profile", "Profile", "/account/profile", "person"),
    ("email", "E-mail address", "/account/email", "edit"),
    ("password", "Password", "/account/password", "key"),
    ("factors", "Second factors", "/account/factors", "lock"),
    ("sessions", "Browsers", "/account/sessions", "eye"),
    ("applications", "Applications", "/account/applications", "link"),
    ("history", "Sign-in history", "/account/history", "clock"),
    ("data", "Your data", "/account/data", "copy"),
)
"""Name, label, address and icon of each page; a page says by its name where it is."""

UPSTREAMS: Final = ("upstreams", "Connected sign-ins", "/account/upstreams", "link")
"""For staff, whose employer may have a provider of its own."""

ORGANISATION: Final = ("organisation", "Organisation", "/account/organisation", "people")
"""For those who look after the people of their organisation."""

CONSOLE: Final = ("console", "Administration", "/admin/people", "settings")
"""For administrators."""

_OWN_PAGE: Final = re.compile(r"/account(/[a-z0-9-]+)*")


@dataclass(slots=True)
class Me:
    """Somebody at their own account, in one of their sessions."""

    visit: Visit
    account: Account
    session: SignInSession

    @property
    def realm(self) -> str:
        return self.account.realm


class SignInFirst(Exception):
    """Nobody is signed in here; the sign-in page of `realm` comes instead."""

    def __init__(self, realm: str) -> None:
        self.realm = realm


async def sign_in_first(request: Request, error: Exception) -> Response:
    """The exception handler of `SignInFirst`."""
    assert isinstance(error, SignInFirst)
    return see_other(f"/sign-in?realm={error.realm}")


async def me_of(request: Request, visit: Visit, realm: str | None = None) -> Me:
    """Whose account the page is about: that of the realm chosen last, else of the other. Raises SignInFirst.

    Somebody may be signed in twice, as a colleague and as a customer; a cookie without a secret remembers
    which of the two they look at. `realm` leaves no choice.
    """
    asked = realm or request.query_params.get("realm")
    if asked in REALMS:
        wanted: tuple[str, ...] = (asked,)
    else:
        kept = request.cookies.get(choice_cookie(visit))
        wanted = tuple(sorted(REALMS, key=lambda realm: realm != kept))
    for name in wanted:
        session = await sessions.find(visit, name, cookie_secret(request, visit, name))
        if session is not None:
            return Me(visit, await sessions.account_of(visit, session), session)
    raise SignInFirst(wanted[0])


def choice_cookie(caller: Caller) -> str:
    """The cookie that remembers the realm; it proves nothing."""
    return cookie_name("identity", caller.settings.identity_public_url, "account")


async def _me(request: Request, caller: Calling) -> AsyncIterator[Me]:
    async with caller.begin() as visit:
        yield await me_of(request, visit)


Own = Annotated[Me, Depends(_me, scope="function")]
"""For pages whose work fits into one transaction; what is slow calls `me_of` within `caller.begin()`."""


def own_page(
    request: Request, me: Me, template: str, *, here: str, status: int = 200, **values: Any
) -> Response:
    """A page of /account, in the look of the realm. Times are said in the person's zone."""
    account, settings = me.account, me.visit.settings
    entries = [
        *NAV,
        *([UPSTREAMS] if account.realm == "staff" else []),
        *([ORGANISATION] if account.is_organisation_admin else []),
        *([CONSOLE] if account.realm == "staff" and ADMIN in account.roles else []),
    ]
    around = site(settings, account.realm)
    around["home_url"] = "/account"
    around["links"] = around["links"] | {
        "profile": "/account",
        "account_links": [("Profile", "/account/profile")],
        "sign_out": f"/sign-out?realm={account.realm}",
    }
    return page(
        request,
        template,
        realm=account.realm,
        status=status,
        around=around,
        viewer=account,
        nav=[(label, url, name == here, icon) for name, label, url, icon in entries],
        nav_label="Your account",
        flash=[{"text": text} for text in [DONE.get(request.query_params.get("done", ""))] if text],
        now=me.visit.now.astimezone(zone_named(account.zoneinfo or "UTC")),
        me=account,
        **values,
    )


DONE: Final = {
    "profile": "Your profile was saved.",
    "picture": "Your picture was changed.",
    "no-picture": "Your picture was removed.",
    "password": "Your password was changed. Other browsers were signed out.",
    "email-asked": "We sent a link to the new address. Open it within an hour, in this browser.",
    "email": "Your e-mail address was changed.",
    "passkey": "The passkey was added.",
    "renamed": "The passkey has its new name.",
    "factor-removed": "It was removed.",
    "forgotten": "That browser is not known any more.",
    "session": "That browser was signed out.",
    "sessions": "All other browsers were signed out.",
    "application": "The application has no access to your account any more.",
    "upstream": "The two are connected now.",
    "no-upstream": "The connection was removed, with the roles that came by it.",
    "invited": "The invitation was sent.",
    "withdrawn": "The invitation was withdrawn.",
    "removed": "That person does not belong to your organisation any more.",
    "domain-asked": "We wrote to those who run the domain. Whoever gets the mail can confirm it.",
    "domain": "The domain was removed.",
}
"""What the page after a form says, by a word in its address."""


def own_path(path: str) -> str:
    """`path` if it is a page of the account, else the first of them: never an address from elsewhere."""
    return path if _OWN_PAGE.fullmatch(path) else "/account"
