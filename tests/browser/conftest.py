"""Both communities as processes of their own, with demonstration content, and headless Chromium."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from joserfc.jwk import ECKey
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import insert, select

from shared.db.engine import Database
from shared.tools.people.models import Person
from shared.tools.sign_in.authenticator import session_id
from shared.tools.sign_in.models import WebSession
from shared.web.settings import cookie_name
from tests.fixtures.databases import World
from tests.fixtures.server import TestServer, in_thread

ROOT = Path(__file__).parents[2]

STAFF = [
    ("maja@narrowbridge.example", "Maja Lind", ["community_manager"]),
    ("tomas@narrowbridge.example", "Tomas Berg", ["customer_facing"]),
    ("ines@narrowbridge.example", "Ines Marques", []),
]
CUSTOMERS = [
    ("ana@riverside.example", "Ana Petrova", []),
    ("jonas@hillfarm.example", "Jonas Keller", []),
    ("priya@fieldworks.example", "Priya Nair", ["partner"]),
]


@dataclass
class Site:
    """A running community, and who may sign in: `cookies` by first name, in small letters."""

    name: str
    url: str
    cookies: dict[str, str] = field(default_factory=dict)

    def context(self, browser: Browser, who: str | None = None, **options: Any) -> BrowserContext:
        context = browser.new_context(base_url=self.url, **options)
        context.set_default_timeout(10_000)
        if who:
            name = cookie_name(self.name, self.url)
            context.add_cookies([{"name": name, "value": self.cookies[who], "url": self.url}])
        return context


def accounts(name: str) -> list[dict[str, Any]]:
    listed = [(a, "staff") for a in STAFF] if name == "employee" else [(a, "customer") for a in CUSTOMERS]
    if name == "customer":
        listed.append((STAFF[0], "staff"))
    return [
        {"sub": email, "email": email, "name": shown, "roles": roles, "realm": realm}
        for (email, shown, roles), realm in listed
    ]


def environment(name: str, url: str, database_url: str) -> dict[str, str]:
    prefix = name.upper()
    key = ECKey.generate_key("P-256", auto_kid=True).as_dict(private=True)
    return {
        f"{prefix}_PUBLIC_URL": url,
        f"{prefix}_DATABASE_URL": database_url,
        f"{prefix}_SECRET_KEY": "k" * 40,
        f"{prefix}_CLIENT_SECRET": "c" * 40,
        "EMPLOYEE_SIGNING_KEY": json.dumps(key),
        "RATE_LIMIT_PERSON": "",
        "RATE_LIMIT_ADDRESS": "",
    }


async def fill(name: str, database_url: str) -> dict[str, str]:
    """Loads the demonstration content and signs everybody in. Returns their cookies."""
    service = f"{name}_service"
    settings = import_module(f"{service}.settings").Settings(
        **environment(name, "http://localhost", database_url)
    )
    await import_module(f"{service}.demo").load(settings, accounts(name))
    database, now, cookies = Database(database_url, pool_size=2), datetime.now(UTC), {}
    async with database.transaction() as session:
        for account in accounts(name):
            cookie = secrets.token_urlsafe(16)
            cookies[account["name"].split()[0].lower()] = cookie
            person = await session.scalar(select(Person.id).where(Person.sub == account["sub"]))
            await session.execute(
                insert(WebSession).values(
                    id=session_id(cookie),
                    person_id=person,
                    tokens=b"",
                    created_at=now,
                    refreshed_at=now + timedelta(hours=2),
                    tokens_expire_at=now + timedelta(hours=2),
                    expires_at=now + timedelta(hours=2),
                )
            )
    await database.close()
    return cookies


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass(frozen=True)
class Identity:
    """The identity service as a process of its own, with one colleague."""

    EMAIL: ClassVar = "maja@inside.example"
    PASSWORD: ClassVar = "an unlikely sentence 7"

    url: str
    environment: dict[str, str]

    def run(self, *arguments: str, given: str = "") -> None:
        """One of its commands."""
        command = [sys.executable, "-m", "identity_service", *arguments]
        subprocess.run(command, cwd=ROOT, env=self.environment, input=given.encode(), check=True)


@pytest.fixture(scope="session")
def identity(test_server: TestServer) -> Iterator[Identity]:
    world = World(test_server, f"identity_{os.getpid()}")
    urls, port = in_thread(lambda: world.database("identity")), free_port()
    environment = {
        **os.environ,
        "IDENTITY_PUBLIC_URL": f"http://localhost:{port}",
        "IDENTITY_DATABASE_URL": urls.app,
        "IDENTITY_SECRET_KEY": "k" * 43,
        "EMPLOYEE_CLIENT_SECRET": "e" * 43,
        "CUSTOMER_CLIENT_SECRET": "c" * 43,
    }
    running = Identity(f"http://localhost:{port}", environment)
    account = {"realm": "staff", "email": Identity.EMAIL, "name": "Maja", "password": Identity.PASSWORD}
    running.run("demo", given=json.dumps([account | {"roles": []}]))
    process = subprocess.Popen(
        [sys.executable, "-m", "identity_service", "serve", "--port", str(port)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"{running.url}/readyz", process)
        yield running
    finally:
        process.terminate()
        process.wait(10)
        in_thread(world.drop)


def serve(name: str, test_server: TestServer) -> Iterator[Site]:
    """The service as a process on a port of its own, until the tests are over."""
    world = World(test_server, f"browser_{os.getpid()}")
    urls = in_thread(lambda: world.database(name))
    port = free_port()
    site = Site(name, f"http://localhost:{port}")
    site.cookies = in_thread(lambda: fill(name, urls.app))
    process = subprocess.Popen(
        [sys.executable, "-m", f"{name}_service", "serve", "--port", str(port)],
        cwd=ROOT,
        env={**os.environ, **environment(name, site.url, urls.app)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"{site.url}/readyz", process)
        yield site
    finally:
        process.terminate()
        process.wait(10)
        in_thread(world.drop)


def wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(url, timeout=2):
                return
        except (URLError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")


@pytest.fixture(scope="session")
def outside(test_server: TestServer) -> Iterator[Site]:
    yield from serve("customer", test_server)


@pytest.fixture(scope="session")
def inside(test_server: TestServer) -> Iterator[Site]:
    yield from serve("employee", test_server)


@pytest.fixture
def ana(browser: Browser, outside: Site) -> Iterator[Page]:
    """A customer at a desk, in the open community."""
    context = outside.context(browser, "ana", viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()
