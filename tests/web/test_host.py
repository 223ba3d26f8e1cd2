"""The Host header is whatever a caller wrote: no answer repeats it."""

from collections.abc import AsyncIterator

import httpx
from fastapi import FastAPI

from shared.web.app import make_app


async def nothing(app: FastAPI) -> AsyncIterator[None]:
    yield


async def ready() -> bool:
    return True


async def test_an_address_with_a_slash_too_many_leads_nowhere_else() -> None:
    app = make_app(
        title="Host", description="", public_url="http://localhost:8000", open_resources=nothing, ready=ready
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as http:
        for method in ("GET", "POST"):
            answer = await http.request(method, "/docs/", headers={"Host": "evil.example"})
            assert answer.status_code == 404
            assert "evil.example" not in answer.headers.get("location", "") + answer.text
