"""Every page of identity in Chromium: no complaint of axe, nothing wider than the window, by keyboard and
without script."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.identity import ADMIN, CUSTOMER, House, serve
from tests.fixtures.server import TestServer

pytestmark = pytest.mark.browser

CONSENT = (
    "/oauth/authorize?response_type=code&client_id=narrowbridge-cli&scope=openid+profile+community:read"
    "&redirect_uri=http://127.0.0.1/callback&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    "&code_challenge_method=S256&state=s&nonce=n&realm=customer"
)
NOBODY = (
    "/",
    "/sign-in",
    "/sign-in?realm=staff",
    "/sign-in?realm=customer",
    "/sign-up",
    "{confirm}",
    "/sign-up/confirm?token=spent",
    "/reset-password?realm=staff",
    "{password}",
    "{invitation}",
    "{domain}",
    "/device?user_code=WDJB-MJHT",
    "/sign-in/upstream-offer",
    "/sign-in/upstream/entra",
    "/nowhere",
)
OWN = (
    "/account",
    "/account/profile",
    "/account/email",
    "/account/password",
    "/account/factors",
    "/account/factors/app",
    "/account/factors/passkey",
    "/account/sessions",
    "/account/applications",
    "/account/history",
    "/account/data",
    "/sign-out?realm=customer",
)
CUSTOMERS = (*OWN, "/account/organisation", "/account/close", CONSENT)
COLLEAGUES = ("/account", "/account/upstreams", "/account/upstreams/confirm")
CONSOLE = (
    "/admin/people",
    "/admin/people?q=nobody",
    "{person}",
    "{colleague}",
    "/admin/people/invite",
    "/admin/invitations",
    "/admin/groups",
    "{support}",
    "{editors}",
    "/admin/organisations",
    "{organisation}",
    "/admin/roles",
    "/admin/clients",
    "/admin/clients/new",
    "/admin/clients/employee-community",
    "/admin/clients/acme",
    "/admin/initial-access-tokens",
    "/admin/upstreams",
    "/admin/upstreams/new",
    "/admin/upstreams/entra",
    "/admin/policies",
    "/admin/keys",
    "/admin/audit",
)
PAGES = {"": NOBODY, CUSTOMER: CUSTOMERS, ADMIN: (*COLLEAGUES, *CONSOLE)}


@pytest.fixture(scope="module")
def identity(test_server: TestServer, browser: Browser) -> Iterator[House]:
    for house in serve(test_server):
        make_client(house, browser)
        yield house


def make_client(house: House, browser: Browser) -> None:
    """By the form, with no script, as an administrator would."""
    context = house.context(browser, ADMIN, java_script_enabled=False)
    page = context.new_page()
    page.goto("/admin/clients/new")
    page.get_by_label("Name", exact=True).fill("Acme portal")
    page.get_by_label("Id", exact=True).fill("acme")
    page.get_by_role("checkbox", name="Customers").check()
    page.get_by_label("Where they come back to").first.fill("https://portal.acme.example/callback")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("It is shown only now")).to_be_visible()
    context.close()


def found_by_axe(page: Page) -> list[Any]:
    found = Axe().run(page).response["violations"]
    return [(one["id"], [node["html"][:150] for node in one["nodes"]]) for one in found]


def at_both_widths(page: Page, path: str) -> None:
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} at {width}"
        assert found_by_axe(page) == [], f"{path} at {width}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("who", PAGES)
def test_pages_are_whole_and_axe_finds_nothing(
    browser: Browser, identity: House, who: str, scheme: Any
) -> None:
    context = identity.context(browser, who, color_scheme=scheme)
    page = context.new_page()
    for pattern in PAGES[who]:
        path = pattern.format(**identity.paths)
        page.goto(path)
        at_both_widths(page, path)
    context.close()
