"""What people and their programs do at identity while it is measured."""

import itertools
from collections.abc import Awaitable, Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import httpx

from bench import identity_stage as stage

Work = Callable[[httpx.AsyncClient], Awaitable[None]]


class Person:
    """A browser that is signed in, and the application it uses."""

    def __init__(self, installed: stage.Installed, cookie: str) -> None:
        self.installed = installed
        self.headers = {"Cookie": cookie}
        self.access_token = self.refresh_token = ""

    async def sign_in_silently(self, http: httpx.AsyncClient) -> None:
        """Two requests: authorization with a session, and the code for tokens."""
        asked = await http.get(stage.AUTHORIZE_PATH, headers=self.headers)
        assert asked.status_code == 303, asked.text
        code = parse_qs(urlsplit(asked.headers["location"]).query)["code"][0]
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": stage.CALLBACK,
            "code_verifier": stage.VERIFIER,
        }
        await self._ask(http, form)

    async def refresh(self, http: httpx.AsyncClient) -> None:
        form = {"grant_type": "refresh_token", "refresh_token": self.refresh_token}
        await self._ask(http, form)

    async def _ask(self, http: httpx.AsyncClient, form: dict[str, str]) -> None:
        answer = await http.post("/oauth/token", data=form, headers=stage.EMPLOYEE)
        tokens = answer.json()
        self.access_token, self.refresh_token = tokens["access_token"], tokens["refresh_token"]


def passwords(*, in_new_browsers: bool) -> Work:
    """A sign-in with a password, each by another account from another address, as real ones are: in the
    browser that the account used before, signed out, or each time in a new one, of which it is told by mail.
    """
    turns: Iterator[int] = itertools.count()
    known_by: dict[int, str] = {}

    async def work(http: httpx.AsyncClient) -> None:
        turn = next(turns)
        number, address = turn % stage.PEOPLE, f"10.{turn >> 16 & 255}.{turn >> 8 & 255}.{turn & 255}"
        http.cookies.clear()  # the one client stands for many browsers
        cookie = {"Cookie": known_by[number]} if number in known_by else {}
        answer = await http.post(
            "/sign-in",
            data={"email": stage.address(number), "password": stage.PASSWORD, "realm": "staff"},
            headers={"Sec-Fetch-Site": "same-origin", "X-Forwarded-For": address, **cookie},
        )
        assert answer.status_code == 303, answer.text
        if not in_new_browsers:
            given = (one.partition(";")[0] for one in answer.headers.get_list("set-cookie"))
            known_by[number] = next(one for one in given if "-device" in one)

    return work
