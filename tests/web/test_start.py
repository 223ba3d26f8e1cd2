"""What keeps a service from starting is one clear line and exit status 1."""

import asyncio
import os
import sys

import asyncpg
import pytest

from shared.web.settings import ServiceSettings
from tests.fixtures.databases import World
from tests.fixtures.server import DatabaseUrls
from tests.tools.house import COMPOSITIONS

COMMANDS = ("serve", "worker")


async def start(name: str, command: str, url: str, **more: str) -> tuple[int | None, list[str]]:
    """The exit status and what it said."""
    environment = {**os.environ, **COMPOSITIONS[name].environment(url), **more}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"{name}_service",
        command,
        *(["--port", "0"] if command == "serve" else []),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(60):
        said, _ = await process.communicate()
    return process.returncode, said.decode().splitlines()


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_database_that_does_not_answer(command: str) -> None:
    status, said = await start("employee", command, "postgresql://a:secret@127.0.0.1:1/x")
    assert status == 1
    (line,) = said
    assert line.startswith("The database at 127.0.0.1:1/x does not answer:")
    assert "secret" not in line


async def test_a_database_that_does_not_know_us(world: World) -> None:
    urls = await world.database("customer")
    status, said = await start("customer", "serve", urls.app.replace("customer_app:", "nobody:"))
    assert (status, len(said)) == (1, 1)
    assert "password authentication failed" in said[0]


@pytest.fixture
async def newer(world: World) -> DatabaseUrls:
    """A database that stands at a revision which this code does not know."""
    urls = await world.database("customer")
    owner = await asyncpg.connect(urls.owner)
    await owner.execute("update alembic_version set version_num = '9999'")
    await owner.close()
    return urls


@pytest.mark.parametrize("command", COMMANDS)
async def test_another_schema_than_ours(newer: DatabaseUrls, command: str) -> None:
    status, said = await start("customer", command, newer.app)
    assert (status, len(said)) == (1, 1)
    assert "is at revision 9999; this code needs" in said[0]


async def test_a_schema_that_cannot_be_brought_to_ours(newer: DatabaseUrls) -> None:
    status, said = await start("customer", "migrate", newer.app, CUSTOMER_DATABASE_OWNER_URL=newer.owner)
    assert status == 1
    assert said[-1].startswith("The database of customer_service is not known to this code:")
    assert not any("Traceback" in line for line in said)


async def test_migrations_need_the_owners_address_only(world: World) -> None:
    urls = await world.database("customer")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "customer_service",
        "migrate",
        env={"PATH": os.environ["PATH"], "CUSTOMER_DATABASE_OWNER_URL": urls.owner},
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    assert process.returncode == 0, said.decode()


async def test_settings_that_cannot_be_read() -> None:
    assert await start("employee", "serve", "") == (
        1,
        ["A database's address is like postgresql://user:password@host:5432/name"],
    )
    status, said = await start("employee", "serve", "", EMPLOYEE_SECRET_KEY="short", RATE_LIMIT_PERSON="x")
    assert status == 2
    assert sorted(line.partition(":")[0] for line in said) == ["EMPLOYEE_SECRET_KEY", "RATE_LIMIT_PERSON"]


def test_identity_is_reached_under_its_public_url_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("IDENTITY_PUBLIC_URL", "IDENTITY_INTERNAL_URL"):
        monkeypatch.delenv(variable, raising=False)
    assert ServiceSettings().identity_internal_url == "http://localhost:8000"
    public = ServiceSettings(identity_public_url="https://accounts.example/")
    assert public.identity_internal_url == "https://accounts.example"
    told = ServiceSettings(identity_internal_url="http://identity:8000/")
    assert told.identity_internal_url == "http://identity:8000"
