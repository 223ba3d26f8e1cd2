"""npm's openid-client, a certified relying party, against the running service over HTTPS."""

import json
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared.launch.certificates import Certificates
from tests.e2e.browsing import Page, Visitor
from tests.e2e.installation import Installation
from tests.interop.conftest import HERE, KEY

pytestmark = [pytest.mark.interop, pytest.mark.usefixtures("openid_client")]


class Person:
    """Somebody at a browser, who signs in and agrees wherever that is asked."""

    def __init__(self, installation: Installation, name: str) -> None:
        self.account = installation.accounts[name]
        self.browser = Visitor(Certificates(installation.folder / "tls").context())

    def open(self, step: dict[str, str]) -> None:
        """Go where the relying party sends the browser, to its own page at the end."""
        page = self.on_the_way(self.browser.open(step["open"]))
        if "code" in step:
            assert page.words.count("Type the code"), page.words
            self.on_the_way(self.browser.submit("Go on", user_code=step["code"]))
            page = self.browser.submit("Allow it", allow="yes")
            assert "Your device is signed in" in page.words
            return
        assert "You can close this page" in page.words, page.words

    def on_the_way(self, page: Page) -> Page:
        if any("/sign-in" in form.action for form in page.forms):
            page = self.browser.sign_in(self.account)
        if any("/oauth/consent" in form.action for form in page.forms):
            page = self.browser.submit("Allow it", allow="yes")
        if any(form.buttons == ["Go on"] and "127.0.0.1" in form.action for form in page.forms):
            page = self.browser.submit("Go on", at="127.0.0.1")
        return page


@pytest.fixture
def ana(installation: Installation) -> Iterator[Person]:
    person = Person(installation, "Ana")
    with person.browser:
        yield person


@pytest.fixture
def ines(installation: Installation) -> Iterator[Person]:
    person = Person(installation, "Ines")
    with person.browser:
        yield person


Run = Callable[..., dict[str, Any]]


def conversation(process: "subprocess.Popen[str]", person: Person | None) -> dict[str, Any]:
    """Open what it asks for, until it tells what it saw."""
    assert process.stdout is not None
    assert process.stderr is not None
    for line in process.stdout:
        step = json.loads(line)
        if "seen" in step:
            return dict(step["seen"])
        assert person is not None
        person.open(step)
    raise AssertionError(process.stderr.read())


@pytest.fixture
def run(installation: Installation) -> Run:
    """Run a flow of `relying_party.mjs` to its end; what it saw."""

    def run(flow: str, person: Person | None = None, **told: Any) -> dict[str, Any]:
        told |= {"issuer": installation.addresses["identity"]}
        command = ["node", "relying_party.mjs", flow, json.dumps(told)]
        trust = str(Certificates(installation.folder / "tls").authority)
        told_where = installation.environment() | {"NODE_EXTRA_CA_CERTS": trust}
        process = subprocess.Popen(
            command, cwd=HERE, env=told_where, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            return conversation(process, person)
        finally:
            process.kill()
            process.communicate()

    return run


def test_a_mobile_app_signs_in_refreshes_revokes_and_signs_out(run: Run, ana: Person) -> None:
    seen = run("mobile", ana, client_id="interop-mobile")
    assert seen["person"]["email"] == ana.account["email"]
    assert seen["person"]["sub"] == seen["claims"]["sub"]
    assert seen["rotated"]
    assert seen["revoked"] == "invalid_grant"
    assert seen["stateKept"]
    assert seen["signedOut"] == "login_required"


def test_a_web_application_takes_the_answer_as_a_form(run: Run, ana: Person) -> None:
    seen = run("posted", ana, client_id="interop-web", secret="w" * 43)
    assert seen["method"] == "POST"
    assert seen["claims"]["aud"] == "interop-web"


def test_the_fapi_profile_pushes_proves_and_binds(run: Run, ana: Person) -> None:
    seen = run("fapi", ana, client_id="interop-bank", key=KEY.as_dict(private=True))
    assert sorted(seen["asked"]) == ["client_id", "request_uri"]
    assert seen["person"]["sub"] == seen["claims"]["sub"]
    assert seen["type"] == "dpop"
    assert seen["stolen"] == seen["bare"] == "OAUTH_WWW_AUTHENTICATE_CHALLENGE"


def test_a_program_gets_tokens_and_its_service_asks_whether_they_hold(
    run: Run, installation: Installation
) -> None:
    bridge = installation.addresses["bridge"]
    service = {"id": "interop-service", "secret": "s" * 43}
    program = {"client_id": "interop-program", "secret": "p" * 43}
    seen = run("machine", **program, service=service, resource=bridge, scope="bridge:read")
    assert (seen["type"], seen["scope"]) == ("bearer", "bridge:read")
    assert 0 < seen["lasts"] <= 600
    assert seen["before"]["active"] is True
    assert (seen["before"]["sub"], seen["before"]["aud"]) == ("interop-program", bridge)
    assert seen["widened"] == "invalid_scope"


def test_what_was_revoked_is_no_longer_active(run: Run, ana: Person) -> None:
    seen = run("revoked", ana, client_id="interop-web", secret="w" * 43)
    assert seen["before"]["active"] is True
    assert seen["after"] == {"active": False}


def test_a_device_is_let_in_by_its_code(run: Run, ines: Person) -> None:
    seen = run("device", ines, client_id="interop-device")
    assert seen["person"]["sub"] == seen["claims"]["sub"]
    assert seen["person"]["name"] == ines.account["name"]


def test_a_client_registers_itself_and_signs_somebody_in(
    run: Run, installation: Installation, ana: Person
) -> None:
    made = installation.command("exec", "identity", "registration-token", "--note", "interop")
    assert made.returncode == 0, made.stderr
    seen = run("registered", ana, client_id="", initial=made.stdout.split()[-1])
    assert seen["claims"]["aud"] == seen["id"]
