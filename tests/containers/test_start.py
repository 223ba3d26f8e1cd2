"""Each program starts from a folder that holds only what its Dockerfile copies."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from shared.launch import environment
from shared.launch.ports import free_port
from shared.launch.state import Folder
from shared.launch.table import SERVICES, Service
from tests.containers.files import ROOT, copied
from tests.fixtures.databases import World

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
    told = environment.compute(folder, port_base=8000, server_port=5432, given={}).of(service)
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
