"""Each program starts from a folder that holds only what its Dockerfile copies."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest

from shared.launch import environment
from shared.launch.ports import free_port
from shared.launch.state import Folder
from shared.launch.table import SERVICES, Service
from tests.containers.files import ROOT, copied
from tests.fixtures.databases import World
from tests.fixtures.server import TestServer

PATIENCE = 30.0
IMAGE = {"bridge": "customer"}


def image_folder(image: str, place: Path) -> Path:
    """What the image holds, and nothing beside it."""
    for name in copied(image):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    return place


async def variables(service: Service, world: World, place: Path) -> dict[str, str]:
    """As `make run` would give them, with the test's databases."""
    folder = Folder(place)
    folder.make()
    told = environment.compute(folder, place=environment.Place(), server_port=5432, given={}).of(service)
    urls = await world.database(IMAGE.get(service.name, service.name))
    address = urls.bridge if service.name == "bridge" else urls.app
    assert address is not None
    told[service.url_variable] = address
    return told


@asynccontextmanager
async def running(
    service: Service, folder: Path, told: dict[str, str]
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", service.module, "serve", "--port", str(port)),
        cwd=folder,
        env=told | {"PYTHONDONTWRITEBYTECODE": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def first_answer(process: asyncio.subprocess.Process, address: str) -> httpx.Response:
    """Fails with what the program said when it ends before it answers."""
    async with httpx.AsyncClient() as http, asyncio.timeout(PATIENCE):
        while True:
            try:
                return await http.get(f"{address}/healthz")
            except httpx.TransportError:
                if process.returncode is not None:
                    assert process.stdout is not None
                    pytest.fail((await process.stdout.read()).decode(errors="replace")[-2000:])
                await asyncio.sleep(0.1)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
async def test_it_answers_with_the_other_services_absent(
    service: Service, world: World, tmp_path: Path
) -> None:
    folder = image_folder(IMAGE.get(service.name, service.name), tmp_path / "image")
    told = await variables(service, world, tmp_path / "settings")
    async with running(service, folder, told) as (process, address):
        answer = await first_answer(process, address)
        assert (answer.status_code, answer.text) == (200, "ok\n")
        async with httpx.AsyncClient() as http:
            assert (await http.get(f"{address}/readyz")).json() == {"ready": True}
            assert (await http.get(f"{address}/docs")).status_code == 200


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
async def test_nothing_of_another_service_is_in_the_image(service: Service, tmp_path: Path) -> None:
    folder = image_folder(IMAGE.get(service.name, service.name), tmp_path)
    others = [one.module for one in SERVICES if not (folder / one.module.split(".")[0]).exists()]
    assert len(others) >= 2
    code = (
        "import importlib.util as u, sys; sys.exit(any(u.find_spec(m.split('.')[0]) for m in sys.argv[1:]))"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, *others, cwd=folder, env={})
    assert await process.wait() == 0


async def test_the_health_check_says_no_where_nothing_answers(tmp_path: Path) -> None:
    folder = image_folder("identity", tmp_path)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "shared.web.healthy"), cwd=folder, env={"PORT": str(free_port())}
    )
    assert await process.wait() == 1


async def test_one_container_makes_its_database_and_roles(test_server: TestServer, tmp_path: Path) -> None:
    """`python -m shared.db.bootstrap NAME`, as the bootstrap services of docker-compose.yml run it; twice."""
    folder = image_folder("customer", tmp_path)
    place = test_server.admin_url.rpartition("@")[2].partition("/")[0]
    name = f"boot_{os.getpid()}"
    told = {"ADMIN_DATABASE_URL": test_server.admin_url} | {
        f"{variable}_URL": f"postgresql://{name}_{role}:known@{place}/{name}"
        for variable, role in (
            ("CUSTOMER_DATABASE", "app"),
            ("CUSTOMER_DATABASE_OWNER", "owner"),
            ("BRIDGE_DATABASE", "bridge"),
        )
    }
    command = (sys.executable, "-m", "shared.db.bootstrap", "customer")
    try:
        for _ in range(2):
            process = await asyncio.create_subprocess_exec(*command, cwd=folder, env=told)
            assert await process.wait() == 0
        for url in (told["CUSTOMER_DATABASE_URL"], told["BRIDGE_DATABASE_URL"]):
            connection = await asyncpg.connect(url)
            await connection.close()
    finally:
        await test_server.drop(name)
        admin = await asyncpg.connect(test_server.admin_url)
        for role in ("app", "owner", "bridge"):
            await admin.execute(f"DROP ROLE IF EXISTS {name}_{role}")
        await admin.close()


async def test_what_is_not_set_is_named(tmp_path: Path) -> None:
    folder = image_folder("customer", tmp_path)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "shared.db.bootstrap", "customer"),
        cwd=folder,
        env={"ADMIN_DATABASE_URL": "postgresql://nobody:known@127.0.0.1/postgres"},
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    assert process.returncode == 2
    assert said.decode() == "Not set: CUSTOMER_DATABASE_OWNER_URL, CUSTOMER_DATABASE_URL\n"
