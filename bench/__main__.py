"""`make bench`: measures each main operation beside its ceiling and writes `bench/RESULTS.md`.

Expects `ADMIN_DATABASE_URL` of an empty PostgreSQL; `make bench` starts one.
"""

import asyncio
import os
import tempfile
import urllib.request
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from bench import report, stage
from bench.load import Figure, NoLoadGenerator, Request, measure
from bench.plan import Operation, Plan
from bench.processes import Server

HERE = Path(__file__).parent


def answer_size(server: Server, request: Request) -> int:
    """Bytes of one answer, so that the ceiling sends as many."""
    asked = urllib.request.Request(server.url + request.paths[-1], headers=dict(request.headers))
    with urllib.request.urlopen(asked) as answer:
        return len(answer.read())


async def postgres_version(url: str) -> str:
    connection = await asyncpg.connect(url)
    version: str = await connection.fetchval("show server_version")
    await connection.close()
    return version.split()[0]


def both(server: Server, request: Request, seconds: int) -> tuple[Figure, Figure]:
    measure(server, request, connections=4, seconds=1)
    return (
        measure(server, request, connections=1, seconds=seconds),
        measure(server, request, connections=16, seconds=seconds),
    )


def run(admin_url: str, seconds: int, only: str) -> str:
    target, made = stage.prepare_database(admin_url)
    issuer = stage.Issuer()
    asyncio.run(stage.add_session(target.app_url, made.people[0][0]))
    server, public_url = stage.service(target, issuer)
    cookie = {"Cookie": f"narrowbridge-customer-{public_url.rpartition(':')[2]}={stage.COOKIE}"}
    plan = Plan(made, issuer.token(made.people[0][1], public_url), cookie)
    chosen = [o for o in plan.operations if only in o.name]
    reads = [o for o in reversed(plan.operations) if o.request.body is None and "JSON" in o.name]
    sizes = {o.ceiling: answer_size(server, o.request) for o in reads}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plan.json"
        plan.write(file, target.app_url, sizes | {"reply": 1200})
        ceiling = stage.bare("starlette_app", "/list", file)
    empty = stage.bare("fastapi_app", "/empty")
    rows = [one_row(server, ceiling, operation, seconds) for operation in chosen]
    nothing = measure(empty, Request(["/empty"], {}), connections=16, seconds=seconds)
    memory = server.resident_mib()
    for process in (server, ceiling, empty):
        process.stop()
    version = asyncio.run(postgres_version(admin_url))
    notes = HERE / "NOTES.md"
    text = notes.read_text() if notes.exists() else ""
    where = HERE / "RESULTS.md" if not only else Path(tempfile.gettempdir()) / "RESULTS.md"
    return report.write(where, rows, empty=nothing.cpu, memory=memory, postgres=version, notes=text)


def one_row(server: Server, ceiling: Server, operation: Operation, seconds: int) -> report.Row:
    bare_request = Request([f"/{operation.ceiling}"], {}, operation.request.body)
    ours, bare = both(server, operation.request, seconds), both(ceiling, bare_request, seconds)
    row = report.Row(operation, *ours, *bare)
    costs = f"{row.many.cpu:7.0f} µs, ceiling {row.ceiling_many.cpu:6.0f} µs, ratio {row.ratio:.2f}"
    typer.echo(f"{operation.name:32} {costs}")
    return row


def main(
    seconds: Annotated[int, typer.Option(help="How long each load runs")] = 5,
    only: Annotated[str, typer.Option(help="Only operations with this in their name")] = "",
) -> None:
    try:
        typer.echo("\n" + run(os.environ["ADMIN_DATABASE_URL"], seconds, only))
    except NoLoadGenerator as missing:
        typer.echo(str(missing), err=True)
        raise typer.Exit(1) from None


if __name__ == "__main__":
    typer.run(main)
