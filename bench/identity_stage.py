"""Identity ready to be asked: a database, people, clients, the running service, and PostgreSQL's CPU."""

import asyncio
import base64
import hashlib
import os
import secrets
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import asyncpg
import httpx
import yaml
from argon2 import PasswordHasher
from joserfc import jwt
from joserfc.jwk import ECKey

from bench.processes import OTHER_CORES, TICKS, Server, free_port
from shared.db.bootstrap import Target, bootstrap
from shared.db.migrations import upgrade

SECRET = "0123456789" * 4
PASSWORD = "a sentence that nobody guesses 9"
PEOPLE = 60
EMPLOYEE_URL, BRIDGE_URL = "http://localhost:8001", "http://localhost:8003"
CALLBACK = f"{EMPLOYEE_URL}/sign-in/callback"
VERIFIER = secrets.token_urlsafe(48)


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


EMPLOYEE, MACHINE = basic("employee-community", SECRET), basic("bench", SECRET)
MACHINE_FORM = {"grant_type": "client_credentials", "resource": BRIDGE_URL, "scope": "bridge:read"}


def address(number: int) -> str:
    return f"person{number}@inside.example"


class Database:
    """PostgreSQL's processes. What a backend that ended has used stands with its parent."""

    def __init__(self, postmaster: int) -> None:
        self._postmaster = postmaster

    def cpu_seconds(self) -> float:
        used = _times(self._postmaster, with_children=True)
        for path in Path("/proc").glob("[0-9]*"):
            try:
                fields = (path / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == self._postmaster:
                used += int(fields[11]) + int(fields[12])
        return used / TICKS


def _times(pid: int, *, with_children: bool) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11 : 15 if with_children else 13])


@dataclass(frozen=True, slots=True)
class Installed:
    server: Server
    database: Database
    app_url: str

    async def cookie(self, number: int) -> str:
        """The session cookie of somebody who signed in."""
        form = {"email": address(number), "password": PASSWORD, "realm": "staff"}
        async with httpx.AsyncClient(base_url=self.server.url, timeout=30) as http:
            answer = await http.post("/sign-in", data=form, headers={"Sec-Fetch-Site": "same-origin"})
        return answer.headers["set-cookie"].partition(";")[0]


@dataclass(frozen=True, slots=True)
class Ceilings:
    """µs of one signature, one password hash, one insert."""

    signature: float
    argon2: float
    insert: float


def make_database(admin_url: str, port: int) -> dict[str, str]:
    """A database with people and clients, and the environment in which identity runs on it."""
    parts = urlsplit(admin_url)

    def url(role: str) -> str:
        return urlunsplit((parts.scheme, f"{role}:bench@{parts.hostname}:{parts.port}", "/identity", "", ""))

    target = Target(url("identity_owner"), url("identity_app"))
    asyncio.run(bootstrap(admin_url, [target]))
    upgrade("identity_service", target.owner_url)
    told = _environment(target, port)
    _apply(told)
    return told


def install(admin_url: str) -> Installed:
    port = free_port()
    told = make_database(admin_url, port)
    command = ["-m", "identity_service", "serve", "--port", str(port)]
    server = Server(command, told, "/readyz", port)
    folder = asyncio.run(_data_directory(admin_url))
    return Installed(server, _database(folder), told["IDENTITY_DATABASE_URL"])


def _environment(target: Target, port: int) -> dict[str, str]:
    """As it is run, without limits per address: all that asks here is one."""
    return {
        "PATH": os.environ["PATH"],
        "IDENTITY_PUBLIC_URL": f"http://localhost:{port}",
        "IDENTITY_DATABASE_URL": target.app_url,
        "IDENTITY_SECRET_KEY": SECRET,
        "EMPLOYEE_CLIENT_SECRET": SECRET,
        "CUSTOMER_CLIENT_SECRET": SECRET,
        "TRUSTED_PROXIES": "127.0.0.1",
        "RATE_LIMIT_PERSON": "",
        "RATE_LIMIT_ADDRESS": "",
        "RATE_LIMIT_SIGN_IN": "",
    }


def _apply(told: dict[str, str]) -> None:
    """People and a client, by a file as operators write it."""
    machine: dict[str, Any] = {
        "id": "bench",
        "name": "Bench",
        "secret": SECRET,
        "grant_types": ["client_credentials"],
        "machine_scopes": ["bridge:read"],
        "machine_audiences": [BRIDGE_URL],
    }
    people = [
        {"realm": "staff", "email": address(n), "name": f"Person {n}", "password": PASSWORD}
        for n in range(PEOPLE)
    ]
    document = yaml.safe_dump({"clients": [machine], "people": people})
    command = [sys.executable, "-m", "identity_service", "apply", "/dev/stdin", "--yes"]
    subprocess.run(command, env=told, input=document, text=True, check=True, stdout=subprocess.DEVNULL)


async def _data_directory(admin_url: str) -> str:
    connection = await asyncpg.connect(admin_url)
    folder = str(await connection.fetchval("show data_directory"))
    await connection.close()
    return folder


def _database(folder: str) -> Database:
    """PostgreSQL on this machine, moved away from the service's core."""
    pid = int(Path(folder, "postmaster.pid").read_text().split()[0])
    for process in [pid, *_children(pid)]:
        with suppress(ProcessLookupError):  # a backend that ended just now
            os.sched_setaffinity(process, OTHER_CORES)
    return Database(pid)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _authorize_path() -> str:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": "employee-community",
        "redirect_uri": CALLBACK,
        "scope": "openid profile community:read community:write",
        "state": "state",
        "nonce": "nonce",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return "/oauth/authorize?" + urlencode(query)


AUTHORIZE_PATH = _authorize_path()


def ceilings(app_url: str) -> Ceilings:
    key = ECKey.generate_key("P-256", auto_kid=True)
    claims = {"iss": "https://id.example.com", "sub": "x" * 36, "aud": "https://a.example.com", "exp": 1}
    hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
    return Ceilings(
        _mean(200, lambda: jwt.encode({"alg": "ES256"}, claims, key, algorithms=["ES256"])),
        _mean(10, lambda: hasher.hash(PASSWORD)),
        asyncio.run(_insert(app_url)),
    )


def _mean(times: int, work: Any) -> float:
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times * 1e6


async def _insert(app_url: str) -> float:
    """Driver and server together, as far as this process waits for them."""
    connection = await asyncpg.connect(app_url)
    began = time.perf_counter()
    for number in range(200):
        await connection.execute(
            "insert into limit_counters (key_hash, count, ends_at) values ($1, 1, now())", f"bench {number}"
        )
    spent = time.perf_counter() - began
    await connection.close()
    return spent / 200 * 1e6
