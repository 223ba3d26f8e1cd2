"""Commands of the services, run as subprocesses with their own environment, and the databases made ready
for them.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256

from shared.launch import environment
from shared.launch.environment import Environment
from shared.launch.errors import LaunchError
from shared.launch.postgres import Postgres
from shared.launch.state import PROJECT, Folder
from shared.launch.table import SERVICES, Service

DEFAULT_BASE = 8000


@contextmanager
def attached(folder: Folder) -> Iterator[Environment]:
    """The installation's environment: of the running one, else with its server started for this time only."""
    running = folder.running()
    if running is not None:
        if not running:
            raise LaunchError("It is being started just now; try again in a moment.")
        yield environment.compute(folder, port_base=running["port_base"], server_port=running["server_port"])
        return
    if not environment.is_embedded(os.environ):
        environment.prepare(folder)
        yield environment.compute(folder, port_base=DEFAULT_BASE, server_port=None)
        return
    folder.hold()
    environment.prepare(folder)
    server = start_server(folder)
    try:
        told = environment.compute(folder, port_base=DEFAULT_BASE, server_port=server.port)
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
    answer = run_python(["shared.db.bootstrap"], dict(os.environ), wanted)
    if answer.returncode != 0:
        raise LaunchError(f"The databases could not be made: {last_line(answer)}")


def migrate(told: Environment) -> None:
    for service in SERVICES:
        if service.has_database:
            command(service, told, "migrate", owner=True)


def command(
    service: Service,
    told: Environment,
    *arguments: str,
    owner: bool = False,
    standard_input: str | None = None,
) -> str:
    """Run one command of a service with its own environment and return what it prints."""
    answer = run_python([service.module, *arguments], told.of(service, owner=owner), standard_input)
    if answer.returncode != 0:
        raise LaunchError(f"{service.name} {arguments[0]} failed: {last_line(answer)}")
    return answer.stdout


def run_python(
    arguments: list[str], variables: dict[str, str], standard_input: str | None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        env=variables,
        cwd=PROJECT,
        input=standard_input or "",
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )


def last_line(answer: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in (answer.stdout + answer.stderr).splitlines() if line.strip()]
    return lines[-1].strip() if lines else f"status {answer.returncode}"


def migrations_stamp() -> str:
    """Changes whenever a migration or the making of roles does."""
    digest = sha256((PROJECT / "shared" / "db" / "bootstrap.py").read_bytes())
    for service in SERVICES:
        for file in sorted((PROJECT / service.module.split(".")[0] / "migrations").rglob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()
