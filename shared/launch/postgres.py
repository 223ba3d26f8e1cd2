"""A PostgreSQL server of our own: made in a folder, started, checked and stopped.

It listens on 127.0.0.1 and a socket in its folder, knows passwords only (SCRAM), and stops with the
process that started it, even when that is killed. Start it from the main thread: Linux ties the death
signal to a thread.
"""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from shared.launch.account import Account, choose_account
from shared.launch.binaries import find_binaries
from shared.launch.errors import DiskFull, FolderInUse, LaunchError
from shared.launch.ports import free_port
from shared.launch.postmaster import Holder, Postmaster, forget, holder

SUPERUSER = "postgres"
LEAST_FREE = 200 * 1024 * 1024
PATIENCE = 30.0
GOING = 5.0
ATTEMPTS = 5
LONGEST_SOCKET = 90

DURABLE: Mapping[str, str] = {"max_connections": "200"}
"""For data that is to be kept."""

THROWAWAY: Mapping[str, str] = {
    "max_connections": "300",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "dynamic_shared_memory_type": "mmap",
}
"""For tests: nothing survives a crash of the machine, and nothing has to."""


@dataclass
class Postgres:
    """One server in ``root``, which it makes when needed. Use it as a context manager, or start and stop
    it.
    """

    root: Path
    settings: Mapping[str, str] = field(default_factory=lambda: DURABLE)
    preferred_port: int | None = None
    port: int = field(default=0, init=False)
    _account: Account | None = field(default=None, init=False)
    _process: subprocess.Popen[str] | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def account(self) -> Account:
        if self._account is None:
            self._account = choose_account(self.root, find_binaries())
        return self._account

    @property
    def data(self) -> Path:
        return self.account.root / "data"

    @property
    def log(self) -> Path:
        return self.account.root / "server.log"

    @property
    def password(self) -> str:
        return (self.account.root / "password").read_text().strip()

    @property
    def admin_url(self) -> str:
        """The superuser's address; it is never given to a service."""
        return f"postgresql://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Make the folder if it is new, start the server and wait until it answers as itself."""
        if threading.current_thread() is not threading.main_thread():
            raise LaunchError("PostgreSQL must be started from the main thread.")
        self._make()
        self._wait_for_earlier_run()
        for attempt in range(ATTEMPTS):
            self.port = free_port(self.preferred_port if attempt == 0 else None)
            if self._launch():
                break
        else:
            raise LaunchError(f"PostgreSQL found no free port in {ATTEMPTS} attempts; see {self.log}.")
        self._check_identity()

    def stop(self, within: float = 10) -> None:
        """End it cleanly (SIGINT, "fast"); after ``within`` seconds at once (SIGQUIT, "immediate").

        The latter leaves out the last checkpoint: the next start does its work from the write-ahead log.
        """
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGINT)
        try:
            process.wait(within)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait(10)

    def wait(self) -> None:
        """Return when the server has ended, for whatever reason."""
        if self._process is not None:
            self._process.wait()

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def query(self, statement: str) -> str:
        """Run one statement as superuser and return its rows as text (psql -At)."""
        answer = subprocess.run(
            [self.account.binaries / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement],
            env=self._environment() | self._connection(),
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode != 0:
            raise LaunchError(f"PostgreSQL refused a statement: {_last_line(answer.stderr)}")
        return answer.stdout.strip()

    def _connection(self) -> dict[str, str]:
        return {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGUSER": SUPERUSER,
            "PGPASSWORD": self.password,
            "PGDATABASE": "postgres",
            "PGCONNECT_TIMEOUT": "10",
        }

    def _make(self) -> None:
        """initdb into a folder beside, renamed when whole: a kill half-way leaves no half a database."""
        if (self.data / "PG_VERSION").exists():
            self._check_version()
            return
        root = self.account.root
        if shutil.disk_usage(root).free < LEAST_FREE:
            raise DiskFull(f"The disk that holds {root} is full: 200 MB must be free.")
        half = root / "data.new"
        shutil.rmtree(half, ignore_errors=True)
        password = root / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(32) + "\n")
        self.account.hand_over(password)
        self._initdb(half, password)
        half.rename(self.data)

    def _initdb(self, folder: Path, password: Path) -> None:
        command = self.account.command(
            "initdb",
            f"--pgdata={folder}",
            f"--username={SUPERUSER}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-locale",
            *(["--no-sync"] if self.settings.get("fsync") == "off" else []),
            signal=signal.SIGTERM,
        )
        answer = subprocess.run(
            command,
            env=self._environment(),
            stdin=subprocess.PIPE,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
        )
        if answer.returncode != 0:
            raise self._explained(answer.stderr, f"initdb failed: {_last_line(answer.stderr)}")

    def _check_version(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text().strip()
        answer = subprocess.run(
            [self.account.binaries / "postgres", "--version"], capture_output=True, text=True, check=True
        )
        if answer.stdout.split()[2].split(".")[0] != made_by:
            raise LaunchError(
                f"The data in {self.data} belong to PostgreSQL {made_by}, found was {answer.stdout.strip()}: "
                "set PG_BIN to the old programs, or clear the data (make reset)."
            )

    def _wait_for_earlier_run(self) -> None:
        """A killed run takes its server down with it, a moment later; a server that stays is somebody's."""
        deadline = time.monotonic() + GOING
        while True:
            who, pid = holder(self.data)
            late = time.monotonic() > deadline
            if who is Holder.NOBODY:
                return
            if who is Holder.STRANGER or (who is Holder.DEAD and late):
                forget(self.data)
                return
            if late:
                raise FolderInUse(
                    f"An earlier PostgreSQL (process {pid}) still uses {self.data}; "
                    f"end it with: kill -INT {pid}"
                )
            time.sleep(0.05)

    def _launch(self) -> bool:
        """Start the server; False when somebody took the port in between."""
        with self.log.open("w") as log:
            self.account.hand_over(self.log)
            self._process = subprocess.Popen(
                self.account.command("postgres", *self._arguments(), signal=signal.SIGINT),
                env=self._environment(),
                stdin=subprocess.PIPE,
                stdout=log if sys.platform == "linux" else subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        server = Postmaster(self.data, self._server_pid())
        deadline = time.monotonic() + PATIENCE
        while not server.ready():
            if self._process.poll() is not None:
                return self._failed(self.log.read_text())
            if time.monotonic() > deadline:
                self.stop()
                raise LaunchError(f"PostgreSQL did not become ready in {PATIENCE:.0f} s; see {self.log}.")
            time.sleep(0.01)
        return True

    def _failed(self, log: str) -> bool:
        self._process = None
        if "could not create any TCP/IP sockets" in log:
            return False
        raise self._explained(log, f"PostgreSQL did not start: {_fatal_line(log)} (see {self.log})")

    def _server_pid(self) -> int:
        """The guard becomes the server on Linux; elsewhere it tells the child's process id."""
        assert self._process is not None
        if self._process.stdout is None:
            return self._process.pid
        return int(self._process.stdout.readline() or "-1")

    def _arguments(self) -> list[str]:
        socket = str(self.account.root)
        chosen = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": socket if len(socket) <= LONGEST_SOCKET else "",
            "unix_socket_permissions": "0700",
            "password_encryption": "scram-sha-256",
            "timezone": "UTC",
            "log_timezone": "UTC",
        } | dict(self.settings)
        return ["-D", str(self.data), *(f"--{name}={value}" for name, value in chosen.items())]

    def _environment(self) -> dict[str, str]:
        """Nothing of the user's own PG* settings or language."""
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}

    def _check_identity(self) -> None:
        """That what answers on the port is this server, before anything is created in it."""
        found = Path(self.query("show data_directory"))
        if not found.samefile(self.data):
            self.stop()
            raise LaunchError(f"Port {self.port} belongs to another PostgreSQL, in {found}.")

    def _explained(self, output: str, otherwise: str) -> LaunchError:
        if "No space left on device" in output:
            return DiskFull(f"The disk that holds {self.account.root} is full.")
        return LaunchError(otherwise)


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if "error" in line.lower()] or text.splitlines()
    return lines[-1].strip() if lines else "no reason given"


def _fatal_line(log: str) -> str:
    lines = [line for line in log.splitlines() if "FATAL" in line or "PANIC" in line]
    return lines[-1].split(":", 3)[-1].strip() if lines else _last_line(log)
