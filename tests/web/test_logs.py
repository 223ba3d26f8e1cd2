"""What is logged tells operators where and what kind, and nothing that anybody wrote."""

import io
import logging
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
import structlog
from fastapi import FastAPI
from sqlalchemy import text
from starlette.requests import ClientDisconnect

from shared.db.engine import Database
from shared.web.app import make_app
from shared.web.logs import set_up_logs, trace_of
from tests.fixtures.databases import World

CANARY = "canary-4711"


async def nothing(app: FastAPI) -> AsyncIterator[None]:
    yield


async def ready() -> bool:
    return True


def an_app() -> FastAPI:
    app = make_app(
        title="Logs", description="", public_url="http://localhost:8000", open_resources=nothing, ready=ready
    )

    @app.get("/t/{topic_id:uuid}/{slug}")
    async def topic(topic_id: UUID, slug: str) -> str:
        if slug == "gone":
            raise ClientDisconnect
        if slug.startswith("broken"):
            raise ValueError(slug)
        return "fine"

    @app.get("/api/v1/topics/{topic_id}/{slug}")
    async def api_topic(topic_id: UUID, slug: str) -> str:
        return "fine"

    return app


@pytest.fixture
def lines() -> Any:
    with structlog.testing.capture_logs() as captured:
        yield captured


async def test_a_title_in_an_address_is_not_logged(lines: list[dict[str, Any]]) -> None:
    number = "01a20204-3a44-735b-9b43-84c8163a8287"
    async with client() as http:
        assert (await http.get(f"/t/{number}/{CANARY}")).status_code == 200
        assert (await http.get(f"/t/{number}/broken-{CANARY}")).status_code == 500
    assert CANARY not in str([{k: v for k, v in line.items() if k != "exc_info"} for line in lines])
    assert {line["path"] for line in lines} == {f"/t/{number}/{{slug}}"}


async def test_an_id_is_logged_wherever_it_is_read(lines: list[dict[str, Any]]) -> None:
    number = "01a20204-3a44-735b-9b43-84c8163a8287"
    async with client() as http:
        assert (await http.get(f"/api/v1/topics/{number}/{CANARY}")).status_code == 200
        assert (await http.get(f"/api/v1/topics/{CANARY}/x")).status_code == 422
    assert [line["path"] for line in lines] == [
        f"/api/v1/topics/{number}/{{slug}}",
        "/api/v1/topics/{topic_id}/{slug}",
    ]


async def test_somebody_who_hangs_up_is_no_bug(lines: list[dict[str, Any]]) -> None:
    async with client() as http:
        with pytest.raises(AssertionError):  # httpx insists on an answer
            await http.get("/t/01a20204-3a44-735b-9b43-84c8163a8287/gone")
    assert [(line["event"], line["status"]) for line in lines] == [("request", 0)]


def client() -> httpx.AsyncClient:
    transport = httpx.ASGITransport(an_app(), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost:8000")


async def failure(world: World) -> BaseException:
    database = Database((await world.database("identity")).app)
    try:
        async with database.transaction() as session:
            await session.execute(text("select cast(:given as uuid)"), {"given": CANARY})
    except Exception as error:
        return error
    finally:
        await database.close()
    raise AssertionError


async def test_the_trace_of_a_failed_statement_holds_no_values(world: World) -> None:
    error = await failure(world)
    trace = trace_of(error)
    assert CANARY not in trace
    assert "test_logs.py" in trace
    assert "DBAPIError" in trace
    assert "22P02" in trace or "DataError" in trace


async def test_the_standard_library_logs_no_values_either(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    root, before, ours = logging.getLogger(), logging.getLogger().handlers[:], structlog.get_config()
    root.handlers = []
    try:
        set_up_logs(development=False)
        logging.getLogger("some.library").error("broke", exc_info=await failure(world))
        structlog.get_logger("ours").error("broke", exc_info=await failure(world))
    finally:
        root.handlers = before
        structlog.configure(**ours)
    assert written.getvalue().count("test_logs.py") >= 2
    assert CANARY not in written.getvalue()


def test_a_trace_follows_causes_and_groups() -> None:
    try:
        try:
            raise KeyError(CANARY)
        except KeyError as key:
            raise ExceptionGroup(CANARY, [ValueError(CANARY)]) from key
    except ExceptionGroup as group:
        trace = trace_of(group)
    assert [name in trace for name in ("KeyError", "ExceptionGroup", "ValueError")] == [True] * 3
    assert CANARY not in trace
