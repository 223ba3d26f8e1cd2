"""A leaver is out of both communities and the bridge within a minute, with real processes: the directory says
it to identity over SCIM, and the services hear it by poll (docs/security.md 22)."""

import os
import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from shared.launch.environment import Place, compute
from shared.launch.state import Folder
from shared.oidc.names import GrantType, TokenKind
from tests.e2e.browsing import Page, Visitor
from tests.e2e.installation import Installation, within
from tests.identity.driver import RFC7636_VERIFIER, basic

pytestmark = pytest.mark.slow

OUT_WITHIN = 60.0
CALLBACK = "http://127.0.0.1/callback"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class Leaver:
    """Maja, at a browser in both communities and with a program of her own at each."""

    def __init__(self, installation: Installation, browser: Visitor) -> None:
        self.at = installation
        self.browser = browser
        self.account = installation.accounts["Maja"]
        self.inside = installation.addresses["employee"]
        self.outside = installation.addresses["customer"]
        self.identity = installation.addresses["identity"]
        told = installation.command("exec", "identity", "scim-token", "entra")
        assert told.returncode == 0, told.stderr
        self.provisioning = told.stdout.split()[-1]

    def enter(self) -> None:
        self.browser.open(self.inside)
        self.browser.follow("Sign in")
        self.browser.sign_in(self.account)
        self.browser.open(self.outside)
        self.browser.follow("For staff")
        assert self.is_in_browser(self.inside)
        assert self.is_in_browser(self.outside)

    def is_in_browser(self, community: str) -> bool:
        return "Sign in" not in self.browser.open(community).links

    def is_out(self, community: str) -> bool:
        return not self.is_in_browser(community)

    def token(self, community: str) -> str:
        """A bearer token by code and PKCE, as a program on her own machine gets it."""
        query = {
            "response_type": "code",
            "client_id": "narrowbridge-cli",
            "redirect_uri": CALLBACK,
            "scope": "openid community:read community:write",
            "resource": community,
            "realm": "staff",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        http = self.browser._http
        answer = http.get(f"{self.identity}/oauth/authorize", params=query)
        if not answer.is_redirect:
            [form] = [form for form in Page(answer).forms if form.action.endswith("/oauth/consent")]
            agreed = {"Sec-Fetch-Site": "same-origin", "Origin": self.identity}
            answer = http.post(form.action, data=form.values | {"allow": "yes"}, headers=agreed)
        code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
        asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        asked |= {"client_id": "narrowbridge-cli", "code_verifier": RFC7636_VERIFIER}
        return str(httpx.post(f"{self.identity}/oauth/token", data=asked, timeout=60).json()["access_token"])

    def bridge_token(self) -> str:
        """What the inner community gets in exchange for her token (RFC 8693)."""
        folder = Folder(self.at.folder)
        port = (folder.running() or {})["server_port"]
        told = compute(folder, place=Place(self.at.port_base, self.at.tls), server_port=port).values
        form = {
            "grant_type": GrantType.EXCHANGE,
            "subject_token": self.token(self.inside),
            "subject_token_type": TokenKind.ACCESS,
            "resource": self.at.addresses["bridge"],
            "scope": "bridge:read",
        }
        headers = basic("employee-community", told["EMPLOYEE_CLIENT_SECRET"])
        answer = httpx.post(f"{self.identity}/oauth/token", data=form, headers=headers, timeout=60)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def provision(self, path: str, value: Any) -> None:
        """What the directory says of her."""
        body = {"schemas": [PATCH], "Operations": [{"op": "replace", "path": path, "value": value}]}
        headers = {"Authorization": f"Bearer {self.provisioning}"}
        everybody = f"{self.identity}/scim/v2/Users"
        wanted = {"filter": f'userName eq "{self.account["email"]}"'}
        [found] = httpx.get(everybody, params=wanted, headers=headers, timeout=60).json()["Resources"]
        url = f"{everybody}/{found['id']}"
        answer = httpx.patch(url, json=body, headers=headers, timeout=60)
        assert answer.status_code == 200, answer.text


def status(address: str, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(address, headers=headers, timeout=60).status_code


def is_refused(address: str, token: str) -> bool:
    return status(address, token) == 401


def workers(installation: Installation) -> list[int]:
    """Process ids of the communities' workers."""
    found = []
    for number in installation.processes():
        command = Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")
        if b"worker" in command and {b"customer_service", b"employee_service"} & set(command):
            found.append(number)
    return found


@pytest.fixture
def leaver(installation: Installation) -> Iterator[Leaver]:
    with Visitor() as browser:
        made = Leaver(installation, browser)
        made.provision("roles", [{"value": "community_manager"}, {"value": "customer_facing"}])
        made.enter()
        yield made


@pytest.mark.parametrize("are_workers_down", [False, True])
def test_22_a_leaver_is_out_everywhere_within_a_minute(leaver: Leaver, are_workers_down: bool) -> None:
    doors = {f"{home}/api/v1/me": leaver.token(home) for home in (leaver.inside, leaver.outside)}
    doors[f"{leaver.at.addresses['bridge']}/bridge/v1/threads"] = leaver.bridge_token()
    assert {status(address, token) for address, token in doors.items()} == {200}
    stopped = workers(leaver.at) if are_workers_down else []
    assert len(stopped) == (2 if are_workers_down else 0)
    for number in stopped:
        os.kill(number, signal.SIGSTOP)
    leaver.provision("active", value=False)
    if stopped:
        time.sleep(7)
        assert {status(address, token) for address, token in doors.items()} == {200}, "nobody has heard yet"
    for number in stopped:
        os.kill(number, signal.SIGCONT)
    began = time.monotonic()
    for address, token in doors.items():
        within(OUT_WITHIN, address, partial(is_refused, address, token))
    for home in (leaver.inside, leaver.outside):
        within(OUT_WITHIN, home, partial(leaver.is_out, home))
    assert time.monotonic() - began < OUT_WITHIN
