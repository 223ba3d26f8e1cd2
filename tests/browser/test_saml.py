"""Signing in by way of a provider of SAML on another site, with the cookies that Chromium really sends."""

import html
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Request, expect

from identity_service.upstreams.saml.equipment import missing
from tests.browser.conftest import Identity
from tests.identity.saml.portal import Portal, encoded
from tests.identity.saml.visits import PERSON

pytestmark = pytest.mark.browser


@pytest.fixture
def portal(identity: Identity, tmp_path: Path) -> Iterator[Portal]:
    """The provider at 127.0.0.1, which is another site than localhost."""
    lack = missing()
    if lack:
        pytest.skip(lack)
    portal = Portal(tmp_path, lambda: datetime.now(UTC), says=PERSON)

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not self.path.startswith("/sso?"):
                self.send_error(404)
                return
            with urlopen(f"{identity.url}/sign-in/upstream/north/metadata") as answer:
                consumer = answer.read().decode()
            request = portal.heard(f"http://{self.headers['Host']}{self.path}", consumer)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(form(request.assertion_consumer_service_url, portal.response(request)).encode())

        def log_message(self, *_: object) -> None:
            """Not on the terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        portal.sign_in_url = f"http://127.0.0.1:{server.server_port}/sso"
        connect(identity, portal)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield portal
        server.shutdown()


def form(address: str, text: str) -> str:
    """As providers post their answers (Bindings, section 3.5.4)."""
    return (
        f'<body onload="document.forms[0].submit()"><form method="post" action="{html.escape(address)}">'
        f'<input type="hidden" name="SAMLResponse" value="{encoded(text)}"></form>'
    )


def connect(identity: Identity, portal: Portal) -> None:
    provider = {
        "id": "north",
        "kind": "saml",
        "title": "Northwind ADFS",
        "issuer": portal.entity_id,
        "metadata": portal.metadata(),
        "proves_email": True,
        "provisions": True,
        "email_domains": ["inside.example"],
    }
    file = portal.folder / "upstreams.json"
    file.write_text(json.dumps({"upstreams": [provider]}))
    identity.run("apply", str(file), "--yes")


def test_somebody_comes_in_by_way_of_another_site(
    browser: Browser, identity: Identity, portal: Portal
) -> None:
    context = browser.new_context(base_url=identity.url)
    page = context.new_page()
    requests: list[Request] = []
    page.on("request", lambda request: requests.append(request))
    page.goto("/sign-in?realm=staff")
    page.get_by_role("link", name="Sign in with Northwind ADFS").click()
    expect(page).to_have_url(f"{identity.url}/account?realm=staff")
    expect(page.get_by_role("heading", name="Noor")).to_be_visible()
    sent = {urlsplit(one.url).path.rpartition("/")[2]: "cookie" in one.all_headers() for one in requests}
    assert (sent["acs"], sent["callback"]) == (False, True), "the form brings no cookie, what follows does"
    context.close()
