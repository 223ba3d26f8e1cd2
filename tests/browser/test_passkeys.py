"""Passkeys in Chromium with a virtual authenticator (docs/security.md 31)."""

from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Identity

EMAIL, PASSWORD = Identity.EMAIL, Identity.PASSWORD
pytestmark = pytest.mark.browser


def authenticator(context: BrowserContext, page: Page, *, verifies: bool = True) -> Any:
    """A platform authenticator in the browser, that knows its holder or does not."""
    client = context.new_cdp_session(page)
    client.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verifies,
        "automaticPresenceSimulation": True,
    }
    made = client.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return client, made["authenticatorId"]


def sign_in(page: Page) -> None:
    page.goto("/sign-in?realm=staff")
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_31_a_passkey_signs_in_alone_and_as_second_factor(browser: Browser, identity: Identity) -> None:
    context = browser.new_context(base_url=identity.url)
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    client, device = authenticator(context, page)
    sign_in(page)
    page.goto("/account/factors/passkey")
    page.get_by_label("Name").fill("My laptop")
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("heading", name="Keep these recovery codes")).to_be_visible()
    page.goto("/account/factors")
    expect(page.get_by_text("My laptop").first).to_be_visible()

    context.clear_cookies()
    page.goto("/sign-in?realm=staff")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(f"{identity.url}/account?realm=staff")

    context.clear_cookies()
    sign_in(page)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(f"{identity.url}/account?realm=staff")

    context.clear_cookies()
    client.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.goto("/sign-in?realm=staff")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("Nothing came of it")).to_be_visible()
    assert not [text for text in refused if "Content Security Policy" in text]
    context.close()


def test_without_script_there_is_another_way(browser: Browser, identity: Identity) -> None:
    context = browser.new_context(base_url=identity.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/sign-in?realm=staff")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    context.close()
