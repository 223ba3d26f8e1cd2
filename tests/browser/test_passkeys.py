"""Passkeys in Chromium with a virtual authenticator (docs/security.md 31)."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import free_port, wait_for
from tests.fixtures.databases import World
from tests.fixtures.server import TestServer, in_thread

ROOT = Path(__file__).parents[2]
EMAIL, PASSWORD = "maja@inside.example", "an unlikely sentence 7"
pytestmark = pytest.mark.browser


@pytest.fixture(scope="session")
def identity(test_server: TestServer) -> Iterator[str]:
    """The identity service as a process of its own with one colleague; its address."""
    world = World(test_server, f"passkeys_{os.getpid()}")
    urls, port = in_thread(lambda: world.database("identity")), free_port()
    url = f"http://localhost:{port}"
    environment = {
        **os.environ,
        "IDENTITY_PUBLIC_URL": url,
        "IDENTITY_DATABASE_URL": urls.app,
        "IDENTITY_SECRET_KEY": "k" * 43,
        "EMPLOYEE_CLIENT_SECRET": "e" * 43,
        "CUSTOMER_CLIENT_SECRET": "c" * 43,
    }
    command = [sys.executable, "-m", "identity_service"]
    account = {"realm": "staff", "email": EMAIL, "name": "Maja", "password": PASSWORD, "roles": []}
    subprocess.run(
        [*command, "demo"], cwd=ROOT, env=environment, input=json.dumps([account]).encode(), check=True
    )
    process = subprocess.Popen(
        [*command, "serve", "--port", str(port)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"{url}/readyz", process)
        yield url
    finally:
        process.terminate()
        process.wait(10)
        in_thread(world.drop)


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


def test_31_a_passkey_signs_in_alone_and_as_second_factor(browser: Browser, identity: str) -> None:
    context = browser.new_context(base_url=identity)
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
    expect(page).to_have_url(f"{identity}/account?realm=staff")

    context.clear_cookies()
    sign_in(page)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(f"{identity}/account?realm=staff")

    context.clear_cookies()
    client.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.goto("/sign-in?realm=staff")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("Nothing came of it")).to_be_visible()
    assert not [text for text in refused if "Content Security Policy" in text]
    context.close()


def test_without_script_there_is_another_way(browser: Browser, identity: str) -> None:
    context = browser.new_context(base_url=identity, java_script_enabled=False)
    page = context.new_page()
    page.goto("/sign-in?realm=staff")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    context.close()
