"""What somebody finds in their mail and undoes by it, in Chromium, with the mailbox of development."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.identity import LEAVER, PASSWORD, House, serve
from tests.browser.test_identity import at_both_widths
from tests.fixtures.server import TestServer

pytestmark = pytest.mark.browser
OTHER = "leo@elsewhere.example"


@pytest.fixture(scope="module")
def identity(test_server: TestServer) -> Iterator[House]:
    yield from serve(test_server)


def open_mail(page: Page, to: str, link: str) -> None:
    """The newest mail with such a link, as somebody looks for it in the mailbox."""
    page.goto(f"/dev/mail?to={to}")
    at_both_widths(page, "/dev/mail")
    page.locator(f"a[href*='{link}']").first.click()


def test_a_closed_account_is_opened_again_by_a_mail(browser: Browser, identity: House) -> None:
    context = identity.context(browser, LEAVER)
    page = context.new_page()
    page.goto("/account/close")
    page.get_by_label("Your e-mail address, to be sure").fill("somebody@outside.example")
    page.get_by_role("button", name="Close my account").click()
    expect(page.get_by_role("alert")).to_be_focused()
    at_both_widths(page, "another address")
    page.get_by_label("Your e-mail address, to be sure").fill(LEAVER)
    page.get_by_role("button", name="Close my account").click()
    expect(page.get_by_role("heading", name="Your account is closed")).to_be_visible()
    at_both_widths(page, "an account that is closed")
    page.goto("/account")
    expect(page).to_have_url(re.compile("/sign-in"))
    open_mail(page, LEAVER, "/account/keep")
    expect(page.get_by_role("heading", name="Keep your account?")).to_be_visible()
    at_both_widths(page, "the way back")
    page.get_by_role("button", name="Keep my account").click()
    expect(page.get_by_role("heading", name="Your account is open again")).to_be_visible()
    at_both_widths(page, "an account that is open again")
    page.get_by_role("link", name="Sign in").first.click()
    page.get_by_label("E-mail address").fill(LEAVER)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile("/account"))
    context.close()


def test_a_change_of_address_is_taken_back_by_a_mail_to_the_old_one(
    browser: Browser, identity: House
) -> None:
    context = identity.context(browser, LEAVER)
    page = context.new_page()
    page.goto("/account/email")
    page.get_by_label("New e-mail address").fill(OTHER)
    page.get_by_role("button", name="Send me the link").click()
    open_mail(page, OTHER, "/account/email/confirm")
    at_both_widths(page, "an address to confirm")
    page.get_by_role("button", name="Use this address").click()
    expect(page.get_by_role("status")).to_contain_text("Your e-mail address was changed.")
    open_mail(page, LEAVER, "/account/email/undo")
    expect(page.get_by_role("heading", name="Take the change back?")).to_be_visible()
    at_both_widths(page, "a change to take back")
    page.get_by_role("button", name="Take it back").click()
    expect(page).to_have_url(re.compile("/set-password"))
    context.close()


def test_a_mail_is_shown_as_a_mail_program_would(browser: Browser, identity: House) -> None:
    context = identity.context(browser)
    page = context.new_page()
    page.goto("/reset-password?realm=customer")
    page.get_by_label("E-mail address").fill(LEAVER)
    page.get_by_role("button").filter(has_text="link").click()
    page.goto(f"/dev/mail?to={LEAVER}")
    page.get_by_role("link", name="As a mail program shows it").first.click()
    expect(page.get_by_text("password").first).to_be_visible()
    context.close()
