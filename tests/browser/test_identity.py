"""Every page of identity in Chromium: no complaint of axe, nothing wider than the window, by keyboard and
without script."""

import re
from collections.abc import Iterator
from typing import Any

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.identity import ADMIN, APP_SECRET, COLLEAGUE, CUSTOMER, House, serve
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
    "/admin/upstreams/new?kind=saml",
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_between_are_whole_and_axe_finds_nothing(
    browser: Browser, identity: House, scheme: Any
) -> None:
    """Those that only come after a form: refusals, second factors, a device that waits."""
    context = identity.context(browser, color_scheme=scheme)
    page = context.new_page()
    page.goto("/sign-in?realm=staff")
    page.get_by_label("E-mail address").fill(ADMIN)
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_be_focused()
    at_both_widths(page, "a wrong password")
    page.goto("/reset-password?realm=customer")
    page.get_by_label("E-mail address").fill("somebody@outside.example")
    page.get_by_role("button").filter(has_text="link").click()
    at_both_widths(page, "a mail was sent")
    context.close()

    context = identity.context(browser, COLLEAGUE, color_scheme=scheme)
    page = context.new_page()
    page.goto("/sign-in/second?realm=staff")
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    at_both_widths(page, "a second factor")
    context.close()

    context = identity.context(browser, CUSTOMER, color_scheme=scheme)
    page = context.new_page()
    page.goto("/sign-in/step-up?realm=customer&next=/account")
    expect(page).to_have_url(re.compile("/sign-in/enrol"))
    at_both_widths(page, "a first second factor")
    form = {"client_id": "narrowbridge-cli", "scope": "openid profile", "realm": "customer"}
    asked = context.request.post("/oauth/device_authorization", form=dict[str, Any](form)).json()
    page.goto(asked["verification_uri_complete"])
    page.get_by_role("button").filter(has_text="go on").click()
    expect(page).to_have_url(re.compile("/device/decide"))
    at_both_widths(page, "a device that waits")
    context.close()


def test_recovery_codes_are_shown_once(browser: Browser, identity: House) -> None:
    context = identity.context(browser, COLLEAGUE)
    page = context.new_page()
    page.goto("/sign-in/second?realm=staff")
    page.get_by_label("Code of your authenticator app").fill(pyotp.TOTP(APP_SECRET).now())
    page.get_by_role("button", name="Go on").click()
    page.goto("/account/factors")
    page.get_by_role("button", name="Make new codes").click()
    expect(page.get_by_role("heading", name="Keep these recovery codes")).to_be_visible()
    codes = page.locator("pre").inner_text().split()
    assert len(set(codes)) == 10
    at_both_widths(page, "recovery codes")
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("10 unused codes")).to_be_visible()
    assert codes[0] not in page.content()
    context.close()


def test_an_answer_by_form_waits_on_a_page_for_whoever_runs_no_script(
    browser: Browser, identity: House
) -> None:
    context = identity.context(browser, CUSTOMER)
    page = context.new_page()
    page.route("**/submit.js*", lambda route: route.abort())
    page.route("http://127.0.0.1/callback", lambda route: route.fulfill(body="They are in."))
    page.goto(f"{CONSENT}&response_mode=form_post")
    page.get_by_role("button", name="Allow it", exact=True).click()
    expect(page.get_by_role("heading", name="Going back to 127.0.0.1")).to_be_visible()
    at_both_widths(page, "an answer by form")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("They are in.")).to_be_visible()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forms_of_the_console_that_were_refused_are_whole(
    browser: Browser, identity: House, scheme: Any
) -> None:
    context = identity.context(browser, ADMIN, color_scheme=scheme)
    page = context.new_page()
    page.goto("/admin/clients/new")
    page.get_by_label("Name", exact=True).fill("Lacking")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Lacking")
    at_both_widths(page, "a client that was refused")
    page.goto("/admin/upstreams/new")
    page.get_by_label("Id", exact=True).fill("No")
    page.get_by_role("button", name="Connect it").evaluate("button => button.form.noValidate = true")
    page.get_by_role("button", name="Connect it").click()
    expect(page.get_by_role("alert")).to_be_focused()
    at_both_widths(page, "a provider that was refused")
    page.goto("/admin/upstreams/entra")
    page.get_by_role("button", name="Test the connection").click()
    expect(page.get_by_role("status")).to_contain_text("Nobody can sign in by way of it like this.")
    at_both_widths(page, "a provider that does not answer")
    refused(page, "/admin/policies", "Save for colleagues", "Days for which", "1000")
    refused(page, identity.paths["colleague"], "Save", "Name", "   ")
    refused(page, identity.paths["colleague"], "Delete Tomas Berg for good", "Type the name", "Tom")
    context.close()


def refused(page: Page, path: str, button: str, label: str, typed: str) -> None:
    """A value that the browser itself may not let through comes back with what is wrong beside it."""
    page.goto(path)
    send = page.get_by_role("button", name=button, exact=True)
    send.evaluate("button => button.form.noValidate = true")
    field = page.locator("form").filter(has=send).get_by_label(label).first
    field.fill(typed)
    send.click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("alert").get_by_role("link").first.click()
    expect(page.locator("[aria-invalid]")).to_be_focused()
    expect(page.locator("[aria-invalid]")).to_have_value(typed)
    at_both_widths(page, f"{path}, refused")


def test_a_form_of_the_console_is_used_by_keyboard_alone(browser: Browser, identity: House) -> None:
    context = identity.context(browser, ADMIN, viewport={"width": 390, "height": 900})
    page = context.new_page()
    page.goto("/admin/clients/acme")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    rotation = page.get_by_role("checkbox", name="Refresh tokens rotate")
    expect(rotation).to_be_hidden()
    while not page.evaluate("document.activeElement.innerText?.startsWith('Safety')"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(rotation).to_be_visible()
    while not rotation.evaluate("box => box === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    while not page.evaluate("document.activeElement.innerText === 'Save'"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The change was saved.")
    expect(rotation).to_be_visible()
    expect(rotation).not_to_be_checked()
    context.close()
