"""The README's walk in real Chromium, which also takes its pictures.

`SCREENSHOTS=docs/images make test-browser ARGS=tests/e2e` renews those of the README.
"""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.installation import Installation, within

pytestmark = pytest.mark.browser

TITLE = "Can the G2 report its uplink by itself?"
QUESTION = """We would like a **message** when a gateway's uplink is lost for more than a minute.
Today we learn it from the riders.

- gateway G2, firmware 4.1
- alerts by e-mail already work for low batteries

Is that possible, and does it need another licence?"""
NOTE = "They also opened a ticket last week. Check with Dev before promising a date."
ANSWER = """Yes, and without another licence: from **firmware 4.2** on, *Settings → Alerts → Uplink*
sends a message after as many seconds as you choose.

Your 4.1 gateways will be offered the update this week."""
PATIENCE = 30_000
HEAVIEST = 150_000
"""Bytes of a picture: the README is read on phones too."""


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    folder.mkdir(exist_ok=True)
    return folder


class Desktop:
    """Everybody's windows, at the size of the pictures."""

    def __init__(self, browser: Browser, installation: Installation, pictures: Path) -> None:
        self.browser = browser
        self.installation = installation
        self.pictures = pictures

    def window(self, community: str) -> Page:
        """Of somebody new, opened at a community's front page."""
        size = {"width": 1280, "height": 800}
        context = self.browser.new_context(viewport=size, color_scheme="light")  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.goto(self.installation.addresses[community])
        return page

    def signed_in(self, name: str, community: str) -> Page:
        page, account = self.window(community), self.installation.accounts[name]
        page.get_by_role("link", name="Sign in").first.click()
        page.get_by_label("E-mail address").fill(account["email"])
        page.get_by_label("Password").fill(account["password"])
        page.keyboard.press("Enter")
        page.wait_for_url(f"{self.installation.addresses[community]}/**")
        return page

    def picture(self, page: Page, name: str) -> None:
        file = self.pictures / f"{name}.png"
        page.mouse.move(0, 0)
        page.evaluate("document.activeElement.blur()")
        page.screenshot(path=file, animations="disabled")
        assert file.stat().st_size < HEAVIEST


def test_the_walk(browser: Browser, installation: Installation, pictures: Path) -> None:
    desktop = Desktop(browser, installation, pictures)
    managers_way(desktop)
    ana = asked(desktop)
    tomas = answered(desktop)
    seen_outside(desktop, ana)
    ana.get_by_role("button", name="Withdraw it").click()
    expect(ana.get_by_role("heading", name="The company and this topic")).to_be_visible()
    tomas.reload()
    expect(tomas.get_by_text("has taken this thread back")).to_be_visible()
    expect(tomas.get_by_text(NOTE)).to_be_visible()
    expect(tomas.get_by_text("from the riders")).to_have_count(0)


def open_menu(page: Page) -> None:
    """That of the person, under the picture at the top."""
    page.locator("summary", has_text="Your menu").click()


def managers_way(desktop: Desktop) -> None:
    maja = desktop.signed_in("Maja", "employee")
    expect(maja.get_by_text("colleagues only").first).to_be_visible()
    desktop.picture(maja, "inside")
    maja.goto(desktop.installation.addresses["customer"])
    maja.get_by_role("link", name="For staff").click()
    open_menu(maja)
    expect(maja.get_by_role("link", name="Manage")).to_be_visible()


def asked(desktop: Desktop) -> Page:
    ana = desktop.signed_in("Ana", "customer")
    ana.get_by_role("navigation").get_by_role("link", name="Gateways and networks").click()
    ana.get_by_role("link", name="Ask a question").click()
    ana.get_by_label("Title").fill(TITLE)
    ana.get_by_label("Tags").fill("gateway alerts")
    ana.get_by_label("Text").fill(QUESTION)
    ana.get_by_role("button", name="Ask your question").click()
    ana.get_by_label("What do you hope for?").fill("We lose a day each time a gateway is silent.")
    ana.get_by_role("button", name="Ask the company").click()
    expect(ana.get_by_role("heading", name="Shared with the company")).to_be_visible()
    ana.evaluate("scrollTo(0, 0)")
    desktop.picture(ana, "shared")
    return ana


def answered(desktop: Desktop) -> Page:
    tomas = desktop.signed_in("Tomas", "employee")
    open_menu(tomas)
    tomas.get_by_role("group").get_by_role("link", name="Bridge desk").click()
    tomas.get_by_role("link", name=TITLE).click()
    tomas.get_by_role("textbox", name="Internal note").fill(NOTE)
    tomas.get_by_role("button", name="Save internal note").click()
    expect(tomas.get_by_role("article", name="Internal note by Tomas Berg")).to_be_visible()
    tomas.evaluate("scrollTo(0, 0)")
    desktop.picture(tomas, "desk")
    tomas.get_by_label("Name or role beside it").fill("Tomas, Support")
    tomas.get_by_role("textbox", name="Official answer").fill(ANSWER)
    tomas.get_by_role("button", name="Answer in public").click()
    expect(tomas.get_by_text("Delivered").or_(tomas.get_by_text("On its way")).first).to_be_visible()
    return tomas


def seen_outside(desktop: Desktop, ana: Page) -> None:
    def is_there() -> bool:
        ana.reload()
        return ana.get_by_text("firmware 4.2").count() == 1

    within(20, "the answer outside", is_there)
    official = ana.locator("article", has_text="Official answer").last
    expect(official).to_contain_text("Tomas, Support")
    official.scroll_into_view_if_needed()
    desktop.picture(ana, "answer")
