"""Commands of the services, run as subprocesses with their own environment, and the databases made ready
for them.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from shared.launch import environment
from shared.launch.environment import Environment, Place
from shared.launch.errors import LaunchError
from shared.launch.postgres import Postgres
from shared.launch.state import PROJECT, Folder
from shared.launch.table import IDENTITY, SERVICES, Service

NEEDS_ADMINISTRATOR = 2  # exit status of shared.db.bootstrap


@dataclass(frozen=True)
class Command:
    """``python -m …`` that ends by itself."""

    name: str
    arguments: Sequence[str]
    variables: Mapping[str, str]
    standard_input: str = ""


Answer = subprocess.CompletedProcess[str]


def place(folder: Folder) -> Place:
    """Where it listens, or did when it ran last."""
    return Place.of(folder.running() or folder.read("done"))


@contextmanager
def attached(folder: Folder) -> Iterator[Environment]:
    """The installation's environment: of the running one, else with its server started for this time only."""
    running = folder.running()
    if running is not None:
        if not running:
            raise LaunchError("It is being started just now; try again in a moment.")
        yield environment.compute(folder, place=Place.of(running), server_port=running["server_port"])
        return
    if not environment.is_embedded(os.environ):
        environment.prepare(folder)
        yield environment.compute(folder, place=place(folder), server_port=None)
        return
    folder.hold()
    environment.prepare(folder)
    server = start_server(folder)
    try:
        told = environment.compute(folder, place=place(folder), server_port=server.port)
        for _, work in pending(folder, told, server):
            work()
        yield told
    finally:
        server.stop()


def start_server(folder: Folder) -> Postgres:
    """The embedded server, on the port it had before if that is free."""
    folder.make()
    server = Postgres(folder.postgres, preferred_port=folder.read("done").get("server_port"))
    server.start()
    folder.update("done", server_port=server.port)
    return server


def pending(
    folder: Folder, told: Environment, server: Postgres | None
) -> Iterator[tuple[str, Callable[[], None]]]:
    """What the databases still need before services start, each with its name; nothing on a second start.

    Databases that were given are bootstrapped with ADMIN_DATABASE_URL and migrated with the owners' URLs,
    when these are there too; otherwise they are taken as they are, and services refuse those that do not
    fit.
    """
    stamp = migrations_stamp()
    if server and folder.read("done").get("databases") == stamp:
        return
    admin = server.admin_url if server else os.environ.get("ADMIN_DATABASE_URL")
    if admin and told.can_migrate:
        yield "Databases and roles", lambda: bootstrap(admin, told)
    if told.can_migrate:
        yield "Migrations", lambda: migrate(told)
    if server:
        close_to_roles(server)
        folder.update("done", databases=stamp)


def close_to_roles(server: Postgres) -> None:
    """The databases every server has are no meeting place for roles that must not meet."""
    for name in ("postgres", "template1"):
        server.query(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")


def bootstrap(admin_url: str, told: Environment) -> None:
    wanted = json.dumps({"admin_url": admin_url, "targets": told.targets()})
    made = Command("bootstrap", ["shared.db.bootstrap"], dict(os.environ), wanted)
    [answer] = run_together([made])
    if answer.returncode == NEEDS_ADMINISTRATOR:
        raise LaunchError(answer.stderr + answer.stdout)
    demand_success(made, answer)


def migrate(told: Environment) -> None:
    succeed(
        Command(f"{service.name} migrate", [service.module, "migrate"], told.of(service, owner=True))
        for service in SERVICES
        if service.has_database
    )


def load_demo(folder: Folder, told: Environment) -> None:
    """The accounts first, since the communities' people are known by what identity calls them."""
    [people] = succeed([demo_command(IDENTITY, told, environment.demo_accounts(folder))])
    known = [{name: value for name, value in p.items() if name != "password"} for p in json.loads(people)]
    communities = [service for service in SERVICES if service.has_database and service is not IDENTITY]
    succeed(demo_command(service, told, known) for service in communities)
    folder.update("done", demo=True)


def demo_command(service: Service, told: Environment, people: list[dict[str, Any]]) -> Command:
    return Command(f"{service.name} demo", [service.module, "demo"], told.of(service), json.dumps(people))


def succeed(commands: Iterable[Command]) -> list[str]:
    """Run them side by side and return what each printed; LaunchError when one fails."""
    commands = list(commands)
    answers = run_together(commands)
    for command, answer in zip(commands, answers, strict=True):
        demand_success(command, answer)
    return [answer.stdout for answer in answers]


def run_together(commands: Sequence[Command]) -> list[Answer]:
    """Start all, wait for all; an interruption ends all."""
    processes: list[subprocess.Popen[str]] = []
    try:
        processes.extend(started(command) for command in commands)
        answers = []
        for process in processes:
            printed, complaints = process.communicate()
            answers.append(Answer(process.args, process.returncode, printed, complaints))
        return answers
    finally:
        for process in processes:
            process.kill()


def started(command: Command) -> subprocess.Popen[str]:
    with tempfile.TemporaryFile("w+") as given:
        given.write(command.standard_input)
        given.seek(0)
        return subprocess.Popen(
            [sys.executable, "-m", *command.arguments],
            env=dict(command.variables),
            cwd=PROJECT,
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )


def demand_success(command: Command, answer: Answer) -> None:
    if answer.returncode != 0:
        raise LaunchError(f"{command.name} failed: {last_line(answer)}")


def last_line(answer: Answer) -> str:
    lines = [line for line in (answer.stdout + answer.stderr).splitlines() if line.strip()]
    return lines[-1].strip() if lines else f"status {answer.returncode}"


def migrations_stamp() -> str:
    """Changes whenever a migration or the making of roles does."""
    digest = sha256()
    for name in ("bootstrap.py", "closing.py"):
        digest.update((PROJECT / "shared" / "db" / name).read_bytes())
    for service in SERVICES:
        for file in sorted((PROJECT / service.module.split(".")[0] / "migrations").rglob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()
