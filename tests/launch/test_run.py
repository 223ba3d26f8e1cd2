"""``make run`` as a person meets it, with stand-ins for the services and a real PostgreSQL."""

import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from shared.launch.ports import is_free
from shared.launch.postmaster import Holder, holder
from shared.launch.table import BRIDGE_ON, COMMON, SERVICES
from tests.fixtures.server import TestServer

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
LAUNCH = """
import sys
from pathlib import Path
from shared.launch import __main__, commands, supervisor
commands.PROJECT = supervisor.PROJECT = __main__.PROJECT = Path.cwd()
__main__.main()
"""
PATIENCE = 60
SOON = 6  # promised are 3 s, on a machine that does nothing else


class Installation:
    """A project folder with stand-ins, and the launcher run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.base = free_base()
        (folder / "shared").symlink_to(PROJECT / "shared")
        for service in SERVICES:
            package = folder / service.module.replace(".", "/")
            package.mkdir(parents=True)
            (package / "__init__.py").touch()
            (package / "__main__.py").write_text((HERE / "pretend.py").read_text())

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "PG_BIN") if os.environ.get(name)}
        return kept | {"NARROWBRIDGE_DATA": str(self.folder / ".data"), "PYTHONPATH": str(PROJECT)} | more

    def launch(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", LAUNCH, *arguments],
            cwd=self.folder,
            env=self.environment(**more),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def start(self, **more: str) -> "Running":
        return Running(self, **more)

    def seen(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "seen" / f"{name}.json").read_text())
        return found

    def copied(self, folder: Path) -> "Installation":
        """The same once more, to do with as one likes while neither runs."""
        other = Installation(folder)
        other.base = self.base
        for kept in (".data", "seen"):
            shutil.copytree(self.folder / kept, folder / kept, copy_function=shutil.copy2)
        return other

    @property
    def server_pid(self) -> int:
        who, pid = holder(self.folder / ".data" / "postgres" / "data")
        return pid if who is Holder.SERVER else 0


class Running:
    """``make run`` in the background; its output is read until it says that it is up."""

    def __init__(self, installation: Installation, **more: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", LAUNCH, "run", "--port-base", str(installation.base)],
            cwd=installation.folder,
            env=installation.environment(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.said = self.wait_for("Ctrl-C")

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put("")

    def wait_for(self, text: str) -> str:
        said = ""
        while text not in said:
            line = self.lines.get(timeout=PATIENCE)
            assert line, f"it ended: {said}"
            said += line
        return said

    def stop(self) -> float:
        """Ctrl-C; how long it took, in seconds."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(PATIENCE) == 0
        return time.monotonic() - began


def free_base() -> int:
    """Four ports in a row that are free, below those the kernel gives out; each worker has its own."""
    for attempt in range(20):
        base = 20000 + (os.getpid() + attempt * 101) % 1200 * 10
        if all(is_free(base + service.port) for service in SERVICES):
            return base
    raise AssertionError("no free ports")


def answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def alive(installation: Installation) -> bool:
    return any(answers(installation.base + service.port) for service in SERVICES)


def eventually(what: str, true: Any) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


@contextmanager
def run(installation: Installation) -> Iterator[Running]:
    started = installation.start()
    yield started
    if started.process.poll() is None:
        started.process.kill()
        started.process.wait()
    eventually("PostgreSQL outlived its parent", lambda: installation.server_pid == 0)


@pytest.fixture
def running(installation: Installation) -> Iterator[Running]:
    """To do with as one likes."""
    with run(installation) as started:
        yield started


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, Running]]:
    """One that runs, for several tests: leave it as it is."""
    installation = Installation(tmp_path_factory.mktemp("looked-at"))
    with run(installation) as started:
        yield installation, started


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """One that has run, to be copied."""
    installation = Installation(tmp_path_factory.mktemp("ended"))
    with run(installation) as started:
        started.stop()
    return installation


@pytest.fixture
def stopped(ended: Installation, tmp_path: Path) -> Installation:
    """One that has run, to do with as one likes."""
    return ended.copied(tmp_path)


def test_says_where_to_go_and_who_may_sign_in(looked_at: tuple[Installation, Running]) -> None:
    installation, running = looked_at
    for service in SERVICES:
        assert f"http://localhost:{installation.base + service.port}" in running.said
        assert answers(installation.base + service.port)
    assert "127.0.0.1" not in running.said
    for title in ("community manager", "customer-facing employee", "partner", "demo-crm"):
        assert title in running.said


def test_each_process_is_told_its_own_things_only(looked_at: tuple[Installation, Running]) -> None:
    for service in SERVICES:
        name = service.module.split(".")[-1]
        seen = looked_at[0].seen(f"{name}-serve")["environment"]
        ours = {key for key in seen if key.endswith(("_URL", "_SECRET", "_KEY", "_JWKS")) or key in COMMON}
        assert ours <= {*service.sees, *service.optional, *COMMON}
        assert {key for key in ours if "DATABASE" in key} == {service.url_variable}
        if service.has_database:
            migrating = looked_at[0].seen(f"{name}-migrate")["environment"]
            assert service.owner_url_variable in migrating


def test_stops_at_once_and_keeps_its_data(installation: Installation, running: Running) -> None:
    (installation.folder / "stubborn").touch()
    assert running.stop() < SOON
    assert not answers(installation.base)
    first = installation.launch("demo-accounts", "--json").stdout
    again = installation.start()
    assert "Migrations" not in again.said
    assert again.stop() < SOON
    assert installation.launch("demo-accounts", "--json").stdout == first
    assert len(json.loads(first)["accounts"]) == 6


def test_a_kill_leaves_nothing_behind_and_the_next_start_recovers(
    installation: Installation, running: Running
) -> None:
    running.process.kill()
    running.process.wait()
    eventually("a service outlived the launcher", lambda: not alive(installation))
    eventually("PostgreSQL outlived the launcher", lambda: installation.server_pid == 0)
    assert installation.start().stop() < SOON


def test_what_dies_is_started_again(installation: Installation, running: Running) -> None:
    os.kill(installation.seen("identity_service-serve")["pid"], signal.SIGKILL)
    running.wait_for("identity ended")
    eventually("identity stayed away", lambda: answers(installation.base))
    before = installation.server_pid
    os.kill(before, signal.SIGKILL)
    running.wait_for("PostgreSQL ended")
    eventually("PostgreSQL stayed away", lambda: installation.server_pid not in (0, before))


def test_a_stopped_installation_remembers_its_ports(stopped: Installation) -> None:
    said = stopped.launch("demo-accounts").stdout
    assert f"http://localhost:{stopped.base}/dev/mail" in said
    assert stopped.launch("exec", "customer", "fail").returncode == 3
    address = stopped.seen("customer_service-fail")["environment"]["CUSTOMER_PUBLIC_URL"]
    assert address == f"http://localhost:{stopped.base + 2}"


def test_a_second_run_is_refused_in_one_line(looked_at: tuple[Installation, Running]) -> None:
    installation, _ = looked_at
    answer = installation.launch("run", "--port-base", str(installation.base))
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert "Already running" in answer.stderr


def test_a_taken_port_is_told_in_one_line(installation: Installation) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", installation.base + 2))
        other.listen()
        answer = installation.launch("run", "--port-base", str(installation.base))
    assert answer.returncode == 1
    assert f"Port {installation.base + 2} is taken" in answer.stderr
    assert "PORT_BASE=" in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_some_databases_but_not_all_is_an_error(installation: Installation) -> None:
    answer = installation.launch("run", IDENTITY_DATABASE_URL="postgresql://a:b@localhost/c")
    assert answer.returncode == 1
    assert "missing: EMPLOYEE_DATABASE_URL" in answer.stderr


@pytest.fixture
async def given(test_server: TestServer) -> AsyncIterator[dict[str, str]]:
    """Databases of an operator's own server, which do not exist yet."""
    place = test_server.admin_url.rsplit("@", 1)[1].split("/")[0]
    mine = f"given{os.getpid()}"
    urls = {"ADMIN_DATABASE_URL": test_server.admin_url}
    for service in SERVICES:
        database = f"{mine}_{service.name if service.has_database else BRIDGE_ON}"
        address = f"postgresql://{mine}_{service.name}{{}}:secret@{place}/{database}"
        urls[service.url_variable] = address.format("")
        if service.has_database:
            urls[service.owner_url_variable] = address.format("_owner")
    yield urls
    admin = await asyncpg.connect(test_server.admin_url)
    for kind, column, table in (("DATABASE", "datname", "pg_database"), ("ROLE", "rolname", "pg_roles")):
        for row in await admin.fetch(f"SELECT {column} AS name FROM {table} WHERE {column} LIKE '{mine}%'"):
            await admin.execute(f'DROP {kind} "{row["name"]}"')
    await admin.close()


def test_databases_that_are_given_are_used_and_get_no_demo(
    installation: Installation, given: dict[str, str]
) -> None:
    running = installation.start(**given)
    running.stop()
    assert "Migrations" in running.said
    assert "Who may sign in" not in running.said
    assert not (installation.folder / ".data" / "postgres").exists()
    seen = installation.seen("customer_service-serve")["environment"]
    assert seen["CUSTOMER_DATABASE_URL"] == given["CUSTOMER_DATABASE_URL"]
    assert seen["DEVELOPMENT"] == "false"
    assert not {"ADMIN_DATABASE_URL", "CUSTOMER_DATABASE_OWNER_URL"} & set(seen)


def test_somebody_without_the_right_is_given_the_sql(
    installation: Installation, given: dict[str, str]
) -> None:
    installation.start(**given).stop()
    given["ADMIN_DATABASE_URL"] = given["IDENTITY_DATABASE_OWNER_URL"]
    given["CUSTOMER_DATABASE_URL"] = given["CUSTOMER_DATABASE_URL"].replace("_customer:", "_new:")
    answer = installation.launch("run", "--port-base", str(installation.base), **given)
    assert answer.returncode == 1
    assert f'CREATE ROLE "given{os.getpid()}_new" LOGIN' in answer.stderr


def test_a_command_of_a_service_runs_beside_a_stopped_installation(stopped: Installation) -> None:
    assert stopped.launch("exec", "customer", "fail").returncode == 3
    seen = stopped.seen("customer_service-fail")["environment"]
    assert "CUSTOMER_DATABASE_URL" in seen
    answer = stopped.launch("exec", "employee", "bridge-reconcile")
    assert (answer.returncode, "start it first" in answer.stderr) == (1, True)
    assert "CUSTOMER_DATABASE_OWNER_URL" not in seen
    assert stopped.server_pid == 0


def test_lost_secrets_are_named(stopped: Installation) -> None:
    (stopped.folder / ".data" / "secrets.json").unlink()
    answer = stopped.launch("run", "--port-base", str(free_base()))
    assert answer.returncode == 1
    assert "secrets.json is gone" in answer.stderr


def test_reset_asks_first(stopped: Installation) -> None:
    assert stopped.launch("reset").returncode != 0
    assert (stopped.folder / ".data").exists()
    assert stopped.launch("reset", "--yes").returncode == 0
    assert not (stopped.folder / ".data").exists()


def test_secrets_are_for_the_owner_only(ended: Installation) -> None:
    data = ended.folder / ".data"
    for path in (data, *data.glob("*")):
        assert path.stat().st_mode & 0o077 == 0, path
