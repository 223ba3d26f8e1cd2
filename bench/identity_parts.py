"""Where the time of identity's tokens goes: `python -m shared.launch scratch python -m bench.identity_parts`.

The app is called in this process, without a server, and logs as in production, to nowhere; each figure is
the least of twelve batches, in µs of CPU of this process alone. With `--profile NAME` the functions in which
one of them spends its time.
"""

import asyncio
import cProfile
import json
import os
import pstats
import time
from collections.abc import Awaitable, Callable
from contextlib import redirect_stderr
from typing import Annotated, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import typer
import uvloop

from bench import identity_stage as stage
from bench.parts import least
from identity_service.app import create_app
from identity_service.settings import Settings
from shared.web.logs import set_up_logs

FORM = "application/x-www-form-urlencoded"
Work = Callable[[], Awaitable[object]]


class App:
    """The app, asked without a server."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def ask(
        self, path: str, headers: dict[str, str], form: dict[str, str] | None = None
    ) -> tuple[dict[str, str], bytes]:
        """Headers and body of the answer."""
        address, _, query = path.partition("?")
        body = urlencode(form).encode() if form else b""
        given = {"host": "localhost", **headers, **({"content-type": FORM} if form else {})}
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "POST" if form else "GET",
            "path": address,
            "raw_path": address.encode(),
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
            "scheme": "http",
            "root_path": "",
        }
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        assert sent[0]["status"] < 400, sent[1]["body"]
        answered = reversed(sent[0]["headers"])  # so that the first of several counts
        return {name.decode(): value.decode() for name, value in answered}, sent[1]["body"]


class Person:
    """Somebody signed in, and the application they use."""

    def __init__(self, app: App, cookie: str) -> None:
        self.app = app
        self.cookie = {"cookie": cookie}
        self.code = self.refresh_token = self.access_token = ""

    async def authorize(self) -> None:
        headers, _ = await self.app.ask(stage.AUTHORIZE_PATH, self.cookie)
        self.code = parse_qs(urlsplit(headers["location"]).query)["code"][0]

    async def exchange(self) -> None:
        form = {"grant_type": "authorization_code", "code": self.code, "redirect_uri": stage.CALLBACK}
        await self._tokens(form | {"code_verifier": stage.VERIFIER})

    async def sign_in(self) -> None:
        await self.authorize()
        await self.exchange()

    async def refresh(self) -> None:
        await self._tokens({"grant_type": "refresh_token", "refresh_token": self.refresh_token})

    async def introspect(self) -> None:
        await self.app.ask("/oauth/introspect", stage.EMPLOYEE, {"token": self.access_token})

    async def _tokens(self, form: dict[str, str]) -> None:
        _, body = await self.app.ask("/oauth/token", stage.EMPLOYEE, form)
        told = json.loads(body)
        self.access_token, self.refresh_token = told["access_token"], told["refresh_token"]


async def run(settings: Settings, profiled: str) -> None:
    made = create_app(settings)
    app = App(made)
    async with made.router.lifespan_context(made):
        form = {"email": stage.address(1), "password": stage.PASSWORD, "realm": "staff"}
        headers, _ = await app.ask("/sign-in", {"sec-fetch-site": "same-origin"}, form)
        person = Person(app, headers["set-cookie"].partition(";")[0])
        await person.sign_in()

        async def client() -> None:
            await app.ask("/oauth/token", stage.MACHINE, stage.MACHINE_FORM)

        works: dict[str, Work] = {
            "discovery": lambda: app.ask("/.well-known/openid-configuration", {}),
            "introspection": person.introspect,
            "client": client,
            "16 clients": lambda: asyncio.gather(*(client() for _ in range(16))),
            "refresh": person.refresh,
            "authorize": person.authorize,
            "sign-in": person.sign_in,
        }
        for name, work in works.items():
            if not profiled:
                await told(made, name, work)
            elif name == profiled:
                await profile(work)


async def told(app: Any, name: str, work: Work) -> None:
    seen: list[str] = []
    database = app.state.services.database
    await work()
    database.observe = seen.append
    await work()
    database.observe = None
    typer.echo(f"{name:16}{await least(work):6.0f} µs  {len(seen)} compiled statements")


async def profile(work: Work) -> None:
    for _ in range(200):
        await work()
    profiler = cProfile.Profile(time.process_time)
    profiler.enable()
    for _ in range(1000):
        await work()
    profiler.disable()
    pstats.Stats(profiler).sort_stats("tottime").print_stats(45)
    pstats.Stats(profiler).sort_stats("cumtime").print_stats(70)


def main(profile: Annotated[str, typer.Option()] = "") -> None:
    told = stage.make_database(os.environ["ADMIN_DATABASE_URL"], 8000)
    os.environ |= told
    with open(os.devnull, "w") as nowhere, redirect_stderr(nowhere):
        set_up_logs(development=False)
        uvloop.run(run(Settings(), profile))


if __name__ == "__main__":
    typer.run(main)
