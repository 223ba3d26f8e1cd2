"""A small app with all that surrounds a request, for tests of the surroundings."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from shared.kernel.errors import NotFound
from shared.web.app import make_app

URL = "http://localhost:8000"


async def _nothing(app: FastAPI) -> AsyncIterator[None]:
    yield


async def _ready() -> bool:
    return True


def an_app(**more: Any) -> FastAPI:
    app = make_app(
        title="Around", description="", public_url=URL, open_resources=_nothing, ready=_ready, **more
    )

    @app.get("/api/v1/things/{name}")
    async def thing(name: str) -> Response:
        if name == "broken":
            raise ValueError(name)
        if name == "hidden":
            raise NotFound
        return JSONResponse({"name": name}, headers={"ETag": '"1"', "Cache-Control": "public, max-age=15"})

    @app.get("/page/{name}")
    async def page(request: Request, name: str) -> Response:
        return Response(name)

    return app


def caller(app: FastAPI, address: str = "192.0.2.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=(address, 1), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=URL)
