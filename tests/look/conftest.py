"""A small app with the parts page and the error pages in all three themes, and headless Chromium."""

import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator

import pytest
import uvicorn
from fastapi import FastAPI
from starlette.responses import Response

from shared.web.app import make_app
from shared.web.parts_page import parts_router, site_of
from shared.web.templates import Pages


@pytest.fixture(scope="session")
def pages() -> Pages:
    return Pages(site_of("inside"), {})


async def _no_resources(_: FastAPI) -> AsyncIterator[None]:
    yield


async def _ready() -> bool:
    return True


def look_app(pages: Pages) -> FastAPI:
    app = make_app(
        title="Look",
        description="The parts, without a database.",
        public_url="http://localhost",
        open_resources=_no_resources,
        ready=_ready,
    )
    app.include_router(parts_router(pages, "inside"))

    @app.get("/problem/{status}")
    async def problem(status: int, theme: str) -> Response:
        title = "There is nothing at this address"
        return pages.page("error.html", site=site_of(theme), status_code=status, title=title, viewer=None)

    return app


@pytest.fixture(scope="session")
def address(pages: Pages) -> Iterator[str]:
    """Where the app answers, on a port the system chose."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(look_app(pages), log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    yield f"http://localhost:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
