"""`make bench`, second half: what identity costs, and PostgreSQL with it, beside FastAPI's empty endpoint.

Writes `bench/IDENTITY.md`.
"""

import asyncio
import os
import re
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

import asyncpg
import httpx
import typer

from bench import identity_stage as stage
from bench.load import Request, measure
from bench.people import Person, Work, passwords
from bench.report import machine
from bench.stage import bare

HERE = Path(__file__).parent
NOTES = HERE / "IDENTITY_NOTES.md"
FORM = "application/x-www-form-urlencoded"
BRANCHES = 8
"""Programs or people that ask at the same time."""
NEW, KNOWN = "sign-in with a password, new browser", "sign-in with a password, known browser"


@dataclass(frozen=True, slots=True)
class Cost:
    """µs of CPU of one operation: in the service, and in PostgreSQL. `hashing` is what of the service is the
    thread that hashes passwords."""

    name: str
    service: float
    database: float
    target: float | None
    hashing: float = 0

    @property
    def whole(self) -> float:
        return self.service + self.database

    @property
    def beside_hash(self) -> float:
        return self.whole - self.hashing


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
        for _ in range(3):  # side by side as below, so that every connection is there
            await asyncio.gather(*(work(http) for work in works))

        def used() -> tuple[float, float, float]:
            return server.cpu_seconds(), database.cpu_seconds(), server.cpu_seconds_behind()

        before = used()
        until, done = time.monotonic() + seconds, 0

        async def repeat(work: Work) -> None:
            nonlocal done
            while time.monotonic() < until:
                await work(http)
                done += 1

        await asyncio.gather(*(repeat(work) for work in works))
        service, asked, hashing = (
            (now - then) / done * 1e6 for now, then in zip(used(), before, strict=True)
        )
    return _told(Cost(name, service, asked, target, hashing))


def _told(found: Cost) -> Cost:
    hashing = f", of which {found.hashing:.0f} µs hash" if found.hashing else ""
    typer.echo(f"{found.name:40} {found.service:7.0f} µs and PostgreSQL {found.database:6.0f} µs{hashing}")
    return found


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
    found = [refresh, silent]
    for name, is_new in ((NEW, True), (KNOWN, False)):
        work = passwords(in_new_browsers=is_new)
        async with httpx.AsyncClient(base_url=installed.server.url, timeout=30) as http:
            for _ in range(stage.PEOPLE):
                await work(http)
        found.append(await cost_of_ways(name, installed, [work] * BRANCHES, seconds, None))
    return found, people[0].access_token


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
    return single + costs, asyncio.run(
        latency(installed, introspect, passwords(in_new_browsers=True), seconds)
    )


TEXT = """# What identity costs

Made by `make bench` on {day}, on: {machine}.

One process on one core; PostgreSQL {postgres}, and what asks, on the others. **CPU is that of the service's
process and of PostgreSQL together.** FA is FastAPI's empty endpoint in the same run: {empty:.0f} µs of CPU a
request. A ratio of 0.18 means: 0.18 times as many in a second of CPU as FastAPI answers empty requests.
Single requests come from wrk at 16 connections, ways of several from {branches} programs at a time.

| operation | service | PostgreSQL | of FA's rate | target | held |
|---|---:|---:|---:|---:|:--:|
{rows}

Other ceilings in this run: one ES256 signature {signature:.0f} µs, one argon2id hash {argon2:.1f} ms, one
insert in a transaction of its own {insert:.0f} µs until it is acknowledged.

In the service a hash took {hashing:.1f} ms: all that the one thread used that hashes, and does nothing else.
What a sign-in with a password costs beside that, in every other thread and in PostgreSQL, is {new:.1f} ms in
a new browser, the mail to its person included, and {known:.1f} ms in one in which the account was used before
(target: at most 10). It leads to the account's own page: the code for an application whose request waits
comes on top. While {branches} people try passwords without a pause, introspection's p99 goes from
{idle:.1f} to {busy:.1f} ms ({times:.1f} times; target: at most 5).

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
    by_name = {one.name: one for one in costs}
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
        hashing=by_name[NEW].hashing / 1000,
        new=by_name[NEW].beside_hash / 1000,
        known=by_name[KNOWN].beside_hash / 1000,
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
