"""The README's walk with real processes: one sign-in, one thread across the bridge and back, and its end."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from shared.launch.ports import is_free
from shared.launch.state import Folder
from shared.launch.table import SERVICES
from tests.e2e.browsing import Page, Visitor
from tests.e2e.installation import Installation, token_of_ones_own, within

TITLE = "Can the G2 report its uplink by itself?"
QUESTION = "I would like a **message** when the uplink is lost for more than a minute."
NOTE = "They also opened a ticket last week; ask Dev before promising anything."
ANSWER = "Yes: from firmware 4.2 on, *Settings*, then *Alerts*."
IN_PUBLIC = "Tomas, Support"
ELSEWHERE = "How many sensors can one G2 gateway carry?"
STOPPED = 15.0
"""Seconds. Promised are 3, on a machine that does nothing else; this one may run the other tests as well."""


class Walk:
    """Four people at four browsers, and a program."""

    def __init__(self, installation: Installation, people: dict[str, Visitor]) -> None:
        self.installation = installation
        self.people = people
        self.inside = installation.addresses["employee"]
        self.outside = installation.addresses["customer"]
        self.topic = self.thread = ""

    @property
    def ref(self) -> str:
        return self.thread.rpartition("/")[2]

    def sign_in(self, name: str, community: str) -> Page:
        self.people[name].open(community)
        self.people[name].follow("Sign in")
        return self.people[name].sign_in(self.installation.accounts[name])

    def one_sign_in_for_both(self) -> None:
        maja = self.people["Maja"]
        page = self.sign_in("Maja", self.inside)
        assert page.url.startswith(self.inside)
        assert "colleagues only" in page.words
        maja.open(self.outside)
        page = maja.follow("For staff")
        assert page.url.startswith(self.outside)
        assert "Manage" in page.links
        assert "Spaces" in maja.follow("Manage").words

    def a_question_for_the_company(self) -> None:
        ana = self.people["Ana"]
        self.sign_in("Ana", self.outside)
        ana.follow("Gateways and networks")
        ana.follow("Ask a question")
        page = ana.submit("Ask your question", title=TITLE, body=QUESTION)
        self.topic = page.url
        page = ana.submit("Ask the company", reason="We lose a day each time.")
        for words in (
            "Shared with the company",
            "We lose a day each time.",
            "to help with this topic",
            "never",
        ):
            assert words in page.words

    def seen_on_the_desk(self) -> None:
        tomas = self.people["Tomas"]
        self.sign_in("Tomas", self.inside)
        tomas.follow("Bridge desk")
        within(10, "on the desk", lambda: TITLE in tomas.open(f"{self.inside}/desk").links)
        page = tomas.follow(TITLE)
        self.thread = page.url
        assert "<strong>message</strong>" in page.html
        assert "Ana" not in page.words
        ana = self.people["Ana"]
        within(20, "told how often it was read", lambda: "never" not in ana.open(self.topic).words)

    def not_for_other_colleagues(self) -> None:
        self.sign_in("Ines", self.inside)
        assert "Bridge desk" not in self.people["Ines"].page.links
        assert self.people["Ines"].open(f"{self.inside}/desk").status == 404
        assert self.people["Ines"].open(self.thread).status == 404
        assert self.people["Maja"].open(self.thread).status == 404

    def noted_and_answered(self) -> None:
        tomas, ana = self.people["Tomas"], self.people["Ana"]
        assert NOTE in tomas.submit("Save internal note", body=NOTE).words
        assert "Customers will read this" in tomas.page.words
        page = tomas.submit("Answer in public", body=ANSWER, public_name=IN_PUBLIC)
        assert "On its way" in page.words or "Delivered" in page.words
        within(20, "the answer outside", lambda: "firmware 4.2" in ana.open(self.topic).words)
        for words in ("Official answer", IN_PUBLIC):
            assert words in ana.page.words
        assert "ticket" not in ana.page.words
        assert "Tomas Berg" not in ana.page.words

    def read_by_a_program_under_other_names(self) -> None:
        """Ana shared with staff only. What is shared with systems too, staff and program each know by
        names of their own."""
        read = Program(self.installation)
        assert read("/bridge/v1/threads")["data"] == []
        assert read(f"/bridge/v1/threads/{self.ref}", status=404)["code"]
        maja, tomas = self.people["Maja"], self.people["Tomas"]
        maja.open(f"{self.outside}/s/gateways")
        maja.follow(ELSEWHERE)
        maja.submit("Share over the bridge", reason="For the account's records.", audience="systems")
        tomas.open(f"{self.inside}/desk")
        on_desk = tomas.follow(ELSEWHERE)
        [summary] = read("/bridge/v1/threads")["data"]
        thread = read(f"/bridge/v1/threads/{summary['ref']}")
        assert thread["title"] == ELSEWHERE
        assert thread["ref"] not in on_desk.url
        assert "not named; the code is" in on_desk.words
        assert thread["author"]["pseudonym"][:8] not in on_desk.words
        maja.submit("Withdraw it")
        assert read(f"/bridge/v1/threads/{summary['ref']}", status=404)["code"]

    def a_token_of_ones_own(self) -> None:
        identity, communities = self.installation.addresses["identity"], (self.outside, self.inside)
        for name, community, realm in (("Ana", self.outside, "customer"), ("Tomas", self.inside, "staff")):
            visitor = self.people[name]
            token = token_of_ones_own(visitor, community, identity, "--realm", realm)
            for address in communities:
                answer = httpx.get(
                    f"{address}/api/v1/me", headers={"Authorization": f"Bearer {token}"}, timeout=60
                )
                assert answer.status_code == (200 if address == community else 401)
                assert address != community or answer.json()["name"].startswith(name)

    def withdrawn_means_gone(self) -> None:
        tomas, ana = self.people["Tomas"], self.people["Ana"]
        ana.open(self.topic)
        assert "Withdraw it" not in ana.submit("Withdraw it").words
        within(2, "gone inside", lambda: "uplink" not in tomas.open(self.thread).words)
        assert NOTE in tomas.page.words
        assert "has taken this thread back" in tomas.page.words
        assert TITLE not in tomas.open(f"{self.inside}/desk").words
        within(20, "deletion", lambda: "confirmed by 1 of 1" in ana.open(self.topic).words)

    def the_books_agree(self) -> None:
        told = self.installation.command("exec", "employee", "bridge-reconcile")
        assert told.returncode == 0, told.stdout + told.stderr
        assert "The books agree." in told.stdout
        assert "0 crossings" not in told.stdout

    def one_sign_out_for_both(self) -> None:
        """The other community asks identity every five minutes; here that time is made to have passed."""
        maja = self.people["Maja"]
        assert "Manage" in maja.open(self.outside).links
        maja.open(self.inside)
        maja.submit("Sign out")
        assert "Sign in" in maja.open(self.inside).links
        self.installation.sql(
            "customer", "UPDATE web_sessions SET refreshed_at = now() - interval '6 minutes'"
        )
        page = maja.open(self.outside)
        assert "Manage" not in page.links
        assert "Sign in" in page.links
        assert "Sign in" not in self.people["Ana"].open(self.outside).links

    def stopped_at_once(self) -> None:
        """Also its PostgreSQL."""
        installation = self.installation
        ports = [installation.port_base + service.port for service in SERVICES]
        ports.append((Folder(installation.folder).running() or {})["server_port"])
        assert installation.processes()
        assert installation.stop() < STOPPED
        assert all(is_free(port) for port in ports)
        assert installation.processes() == []


class Program:
    """The integrator's: client credentials (RFC 6749 section 4.4) for the bridge (RFC 8707)."""

    def __init__(self, installation: Installation) -> None:
        self.bridge = installation.addresses["bridge"]
        client = installation.client
        form = {"grant_type": "client_credentials", "resource": self.bridge, "scope": "bridge:read"}
        answer = httpx.post(
            f"{installation.addresses['identity']}/oauth/token",
            data=form,
            auth=(client["client_id"], client["client_secret"]),
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        self.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def __call__(self, path: str, *, status: int = 200) -> Any:
        answer = httpx.get(f"{self.bridge}{path}", headers=self.headers, timeout=60)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def walk(installation: Installation) -> Iterator[Walk]:
    with ExitStack() as stack:
        people = {name: stack.enter_context(Visitor()) for name in ("Maja", "Tomas", "Ines", "Ana")}
        yield Walk(installation, people)


def test_the_walk_of_the_readme(walk: Walk) -> None:
    walk.one_sign_in_for_both()
    walk.a_question_for_the_company()
    walk.seen_on_the_desk()
    walk.not_for_other_colleagues()
    walk.noted_and_answered()
    walk.read_by_a_program_under_other_names()
    walk.a_token_of_ones_own()
    walk.withdrawn_means_gone()
    walk.the_books_agree()
    walk.one_sign_out_for_both()
    walk.stopped_at_once()
