"""`make bench`, second half: what identity costs, and PostgreSQL with it, beside FastAPI's empty endpoint.

Writes `bench/IDENTITY.md`.
"""

import asyncio
import itertools
import os
import re
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qs, urlencode, urlsplit

import asyncpg
import httpx
import typer

from bench import identity_stage as stage
from bench.load import Request, measure
from bench.report import machine
from bench.stage import bare

HERE = Path(__file__).parent
NOTES = HERE / "IDENTITY_NOTES.md"
FORM = "application/x-www-form-urlencoded"
BRANCHES = 8
"""Programs or people that ask at the same time."""
Work = Callable[[httpx.AsyncClient], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Cost:
    """µs of CPU of one operation: in the service, and in PostgreSQL."""

    name: str
    service: float
    database: float
    target: float | None

    @property
    def whole(self) -> float:
        return self.service + self.database


@dataclass(frozen=True, slots=True)
class Latency:
    """p99 in ms of introspection: alone, and while passwords are tried as fast as it goes."""

    idle: float
    busy: float


def cost(name: str, installed: stage.Installed, request: Request, seconds: int, target: float | None) -> Cost:
    """Of one request, under load by wrk."""
    before = installed.database.cpu_seconds()
    figure = measure(installed.server, request, connections=16, seconds=seconds)
    spent = installed.database.cpu_seconds() - before
    assert figure.failed == 0, f"{figure.failed} answers of {name} were not 2xx"
    return _told(Cost(name, figure.cpu, spent / (figure.rate * seconds) * 1e6, target))


async def cost_of_ways(
    name: str, installed: stage.Installed, works: Sequence[Work], seconds: float, target: float | None
) -> Cost:
    """Of a way of several requests, where each depends on the one before: each of `works` is done again and
    again, side by side with the others."""
    server, database = installed.server, installed.database
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        for work in works:
            await work(http)
        before = server.cpu_seconds(), database.cpu_seconds()
        until, done = time.monotonic() + seconds, 0

        async def repeat(work: Work) -> None:
            nonlocal done
            while time.monotonic() < until:
                await work(http)
                done += 1

        await asyncio.gather(*(repeat(work) for work in works))
        spent = server.cpu_seconds() - before[0], database.cpu_seconds() - before[1]
    return _told(Cost(name, spent[0] / done * 1e6, spent[1] / done * 1e6, target))


def _told(found: Cost) -> Cost:
    typer.echo(f"{found.name:40} {found.service:7.0f} µs and PostgreSQL {found.database:6.0f} µs")
    return found


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


def passwords(installed: stage.Installed) -> Work:
    """A sign-in with a password, each by another account from another address, as real ones are."""
    turns: Iterator[int] = itertools.count()

    async def work(http: httpx.AsyncClient) -> None:
        turn = next(turns)
        address = f"10.{turn >> 16 & 255}.{turn >> 8 & 255}.{turn & 255}"
        answer = await http.post(
            "/sign-in",
            data={"email": stage.address(turn % stage.PEOPLE), "password": stage.PASSWORD, "realm": "staff"},
            headers={"Sec-Fetch-Site": "same-origin", "X-Forwarded-For": address},
        )
        assert answer.status_code == 303, answer.text

    return work


async def latency(installed: stage.Installed, introspect: Request, sign_in: Work, seconds: float) -> Latency:
    async with httpx.AsyncClient(base_url=installed.server.url, timeout=30) as http:

        async def p99() -> float:
            times, until = [], time.monotonic() + seconds
            while time.monotonic() < until:
                began = time.perf_counter()
                await http.post(introspect.paths[0], content=introspect.body, headers=introspect.headers)
                times.append((time.perf_counter() - began) * 1000)
            return statistics.quantiles(times, n=100)[98]

        async def keep_busy() -> None:
            while True:
                await sign_in(http)

        idle = await p99()
        crowd = [asyncio.create_task(keep_busy()) for _ in range(BRANCHES)]
        await asyncio.sleep(0.5)
        busy = await p99()
        for one in crowd:
            one.cancel()
        await asyncio.gather(*crowd, return_exceptions=True)
    return Latency(idle, busy)


def form(path: str, values: dict[str, str], headers: dict[str, str]) -> Request:
    return Request([path], headers | {"Content-Type": FORM}, urlencode(values))


async def ways(installed: stage.Installed, seconds: int) -> tuple[list[Cost], str]:
    """What several requests do together; and an access token to ask about."""
    people = [Person(installed, await installed.cookie(n)) for n in range(BRANCHES)]
    signing_in = [person.sign_in_silently for person in people]
    silent = await cost_of_ways("silent sign-in, whole", installed, signing_in, seconds, 0.035)
    refreshing = [person.refresh for person in people]
    refresh = await cost_of_ways("refresh with rotation", installed, refreshing, seconds, 0.06)
    guessing = [passwords(installed)] * BRANCHES
    password = await cost_of_ways("sign-in with a password", installed, guessing, seconds, None)
    return [refresh, silent, password], people[0].access_token


def measured(installed: stage.Installed, seconds: int) -> tuple[list[Cost], Latency]:
    costs, token = asyncio.run(ways(installed, seconds))
    introspect = form("/oauth/introspect", {"token": token}, stage.EMPLOYEE)
    machine_token = form("/oauth/token", stage.MACHINE_FORM, stage.MACHINE)
    single = [
        cost("discovery", installed, Request(["/.well-known/openid-configuration"], {}), seconds, None),
        cost("key set", installed, Request(["/.well-known/jwks.json"], {}), seconds, None),
        cost("introspection", installed, introspect, seconds, 0.18),
        cost("client credentials, ES256, audited", installed, machine_token, seconds, 0.25),
    ]
    return single + costs, asyncio.run(latency(installed, introspect, passwords(installed), seconds))


TEXT = """# What identity costs

Made by `make bench` on {day}, on: {machine}.

One process on one core; PostgreSQL {postgres}, and what asks, on the others. **CPU is that of the service's
process and of PostgreSQL together.** FA is FastAPI's empty endpoint in the same run: {empty:.0f} µs of CPU a
request. A ratio of 0.18 means: 0.18 times as many in a second of CPU as FastAPI answers empty requests.
Single requests come from wrk at 16 connections, ways of several from {branches} programs at a time.

| operation | service | PostgreSQL | of FA's rate | target | held |
|---|---:|---:|---:|---:|:--:|
{rows}

Other ceilings in this run: one ES256 signature {signature:.0f} µs, one argon2id hash {argon2:.0f} ms, one
insert in a transaction of its own {insert:.0f} µs until it is acknowledged. A sign-in with a password costs
{rest:.1f} ms beside its hash (target: at most 10). While {branches} people try passwords without a pause,
introspection's p99 goes from {idle:.1f} to {busy:.1f} ms ({times:.1f} times; target: at most 5).

{notes}
"""


def row(found: Cost, empty: float) -> str:
    ratio = empty / found.whole
    target = "" if found.target is None else f"{found.target:g}"
    held = "" if found.target is None else "yes" if ratio >= found.target else "**no**"
    costs = f"{found.service:.0f} µs | {found.database:.0f} µs"
    return f"| {found.name} | {costs} | {ratio:.3f} | {target} | {held} |"


async def version_of(url: str) -> str:
    connection = await asyncpg.connect(url)
    version = str(await connection.fetchval("show server_version"))
    await connection.close()
    return re.split(r"[ (]", version)[0]


def run(admin_url: str, seconds: int) -> str:
    installed = stage.install(admin_url)
    nothing = bare("fastapi_app", "/empty")
    empty = measure(nothing, Request(["/empty"], {}), connections=16, seconds=seconds).cpu
    costs, delay = measured(installed, seconds)
    limits = stage.ceilings(installed.app_url)
    password = next(one for one in costs if "password" in one.name)
    for process in (installed.server, nothing):
        process.stop()
    text = TEXT.format(
        day=time.strftime("%Y-%m-%d"),
        machine=machine(),
        postgres=asyncio.run(version_of(admin_url)),
        empty=empty,
        rows="\n".join(row(one, empty) for one in costs),
        signature=limits.signature,
        argon2=limits.argon2 / 1000,
        insert=limits.insert,
        rest=(password.whole - limits.argon2) / 1000,
        branches=BRANCHES,
        idle=delay.idle,
        busy=delay.busy,
        times=delay.busy / delay.idle,
        notes=NOTES.read_text() if NOTES.exists() else "",
    )
    (HERE / "IDENTITY.md").write_text(text)
    return text


def main(seconds: Annotated[int, typer.Option(help="How long each load runs")] = 5) -> None:
    typer.echo("\n" + run(os.environ["ADMIN_DATABASE_URL"], seconds))


if __name__ == "__main__":
    typer.run(main)
