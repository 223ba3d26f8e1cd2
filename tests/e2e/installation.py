"""A whole installation as `make run` makes it: real processes, a data folder and ports of its own."""

import asyncio
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg

from shared.launch.environment import Place, compute
from shared.launch.ports import is_free
from shared.launch.state import Folder
from shared.launch.table import SERVICES
from tests.e2e.browsing import Visitor

PROJECT = Path(__file__).parents[2]
PATIENCE = 240.0
"""Seconds for a first start on a machine that does much else."""
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "PG_BIN")


class Installation:
    """Started by `start`; `accounts` and `client` are what `make demo-accounts JSON=1` tells."""

    def __init__(self, folder: Path, *, tls: bool = False, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.tls = tls
        self.settings = settings or {}
        self.port_base = free_base()
        self.process: subprocess.Popen[str] | None = None
        self.said: queue.Queue[str] = queue.Queue()
        self.addresses: dict[str, str] = {}
        self.accounts: dict[str, dict[str, Any]] = {}
        self.client: dict[str, str] = {}

    def start(self) -> None:
        """Returns when it has said that it is up, and knows who may sign in."""
        self.process = subprocess.Popen(
            [*LAUNCH, "run", "--port-base", str(self.port_base), *(["--tls"] if self.tls else [])],
            cwd=PROJECT,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()
        self._wait_for("Ctrl-C")
        told = json.loads(self.command("demo-accounts", "--json").stdout)
        self.addresses, self.client = told["addresses"], told["client"]
        self.accounts = {account["name"].split()[0]: account for account in told["accounts"]}

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """What make would run beside it, with the same data folder."""
        return subprocess.run(
            [*LAUNCH, *arguments],
            cwd=PROJECT,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def sql(self, service: str, statement: str) -> None:
        """As the service's own role in its own database."""
        folder = Folder(self.folder)
        port = (folder.running() or {})["server_port"]
        url = compute(folder, place=Place(self.port_base, self.tls), server_port=port).values[
            f"{service.upper()}_DATABASE_URL"
        ]
        asyncio.run(_execute(url, statement))

    def stop(self) -> float:
        """Ctrl-C. Returns how long it took, in seconds."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(PATIENCE) == 0
        return time.monotonic() - began

    def clear(self) -> None:
        """End it, however the test went, and remove its data."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(20)
            self.process.kill()
            self.process.wait()
        self.command("reset", "--yes")

    def processes(self) -> list[int]:
        """Process ids of what runs with this data folder or on its behalf, where /proc tells them."""
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                told = (path / "environ").read_bytes() + (path / "cmdline").read_bytes()
                is_over = (path / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
                mine = f":{self.port_base}".encode() in told or str(self.folder).encode() in told
                if mine and not is_over and int(path.name) != os.getpid():
                    found.append(int(path.name))
        return found

    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in KEPT if os.environ.get(name)}
        return {**kept, **self.settings, "NARROWBRIDGE_DATA": str(self.folder), "COLUMNS": "200"}

    def _listen(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.said.put(line)
        self.said.put("")

    def _wait_for(self, text: str) -> None:
        said, deadline = "", time.monotonic() + PATIENCE
        while text not in said:
            line = self.said.get(timeout=max(0.1, deadline - time.monotonic()))
            assert line, f"it ended: {said}"
            said += line


LAUNCH = (sys.executable, "-m", "shared.launch")


def free_base() -> int:
    """Four ports in a row that are free, below those the kernel gives out; each worker has its own."""
    for attempt in range(50):
        base = 12000 + (os.getpid() + attempt * 37) % 700 * 10
        if all(is_free(base + service.port) for service in SERVICES):
            return base
    raise AssertionError("no free ports")


def within(seconds: float, what: str, look: Callable[[], bool]) -> float:
    """Look until it is so. Returns after how many seconds it was."""
    began = time.monotonic()
    while not look():
        assert time.monotonic() - began < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.05)
    return time.monotonic() - began


def token_of_ones_own(visitor: Visitor, community: str, identity: str, *options: str) -> str:
    """What `examples/get_token.py` prints to somebody who is signed in and agrees in this browser."""
    script = [sys.executable, "examples/get_token.py", community, "--identity", identity, "--no-browser"]
    with subprocess.Popen(
        [*script, *options], cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        address = next(line.strip() for line in process.stderr if "://" in line)
        assert "Allow Narrowbridge command line?" in visitor.open(address).words
        assert "You can close this page" in visitor.submit("Allow it", allow="yes").words
        token = process.stdout.read().strip()
        assert process.wait(PATIENCE) == 0
    return token


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
