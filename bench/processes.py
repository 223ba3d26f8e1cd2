"""Servers under measurement: started on one core, watched through /proc."""

import atexit
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
SERVICE_CORE = 0
OTHER_CORES = set(range(os.cpu_count() or 1)) - {SERVICE_CORE} or {0}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """One process on the service's core. CPU is that of this process alone, not of PostgreSQL."""

    def __init__(self, command: list[str], environment: Mapping[str, str], health: str, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 # open as long as the process runs
        self._process = subprocess.Popen(
            [sys.executable, *command],
            env=dict(environment),
            stdout=subprocess.DEVNULL,
            stderr=self._log,
            preexec_fn=lambda: os.sched_setaffinity(0, {SERVICE_CORE}),
        )
        atexit.register(self._process.kill)
        self._wait(health, command)

    def _wait(self, health: str, command: list[str]) -> None:
        for _ in range(600):
            if self._process.poll() is not None:
                self._log.seek(0)
                last = self._log.read().decode().strip().splitlines()[-1:]
                raise RuntimeError(f"ended with status {self._process.returncode}: {command} {last}")
            try:
                with urllib.request.urlopen(self.url + health, timeout=1):
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"did not answer: {command}")

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def cpu_seconds_behind(self) -> float:
        """Of this, what threads used that are less urgent than the process: those that hash."""
        ticks = 0
        for task in Path(f"/proc/{self._process.pid}/task").iterdir():
            fields = (task / "stat").read_text().rpartition(")")[2].split()
            if int(fields[16]) > 0:
                ticks += int(fields[11]) + int(fields[12])
        return ticks / TICKS

    def resident_mib(self) -> float:
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError("no VmRSS")

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(10)
