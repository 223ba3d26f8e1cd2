"""Load from the other core by wrk, and what it costs the server per request."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.processes import OTHER_CORES, Server

UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}
_LATENCY = re.compile(r"(\d+)%\s+([\d.]+)(us|ms|s)\b")


class NoLoadGenerator(Exception):
    """wrk is not installed."""


@dataclass(frozen=True, slots=True)
class Figure:
    """CPU in µs per request of the server process; latencies in ms."""

    cpu: float
    rate: float
    p50: float
    p99: float
    failed: int


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: one of `paths` in turn, with these headers, and a body to POST; JSON unless a header
    says otherwise."""

    paths: Sequence[str]
    headers: Mapping[str, str]
    body: str | None = None


def _script(request: Request) -> str:
    paths = ",".join(f'"{path}"' for path in request.paths)
    headers = "".join(f'wrk.headers["{name}"] = "{value}"\n' for name, value in request.headers.items())
    method = ""
    if request.body is not None:
        if "Content-Type" not in request.headers:
            headers += 'wrk.headers["Content-Type"] = "application/json"\n'
        method = f'wrk.method = "POST"\nwrk.body = [==[{request.body}]==]\n'
    return (
        f"local paths = {{{paths}}}\nlocal n = 0\n{headers}{method}"
        "request = function()\n  n = n % #paths + 1\n  return wrk.format(nil, paths[n])\nend\n"
    )


def measure(server: Server, request: Request, *, connections: int, seconds: int) -> Figure:
    """Runs wrk for so long. Raises `NoLoadGenerator`."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise NoLoadGenerator("wrk is missing. On Debian and Ubuntu: sudo apt install wrk")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_script(request))
        script.flush()
        command = [
            wrk,
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            "--latency",
            "-s",
            script.name,
            server.url,
        ]
        before = server.cpu_seconds()
        done = subprocess.run(
            command,
            check=True,
            capture_output=True,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, OTHER_CORES),
        )
        spent = server.cpu_seconds() - before
    return _parse(done.stdout, spent)


def _parse(output: str, spent: float) -> Figure:
    requests = int(re.search(r"(\d+) requests in", output)[1])  # type: ignore[index] # wrk always says
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1])  # type: ignore[index]
    latency = {int(p): float(value) * UNITS[unit] for p, value, unit in _LATENCY.findall(output)}
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    return Figure(spent / max(requests, 1) * 1e6, rate, latency[50], latency[99], int(bad[1]) if bad else 0)
