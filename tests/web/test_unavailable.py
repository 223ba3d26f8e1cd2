"""A database that is away is 503 with a time to come back, not a bug: for programs and for people."""

import asyncpg
import pytest
from fastapi import FastAPI, Request
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.responses import PlainTextResponse, Response
from structlog.testing import capture_logs

from shared.db.failures import DatabaseAway
from shared.kernel.errors import Problem
from tests.web.around import an_app, caller

AWAY = (
    DatabaseAway(),
    PoolTimeout(),
    asyncpg.ConnectionDoesNotExistError("x"),
    asyncpg.CannotConnectNowError("x"),
    asyncpg.TooManyConnectionsError("x"),
    asyncpg.AdminShutdownError("x"),
    asyncpg.InterfaceError("connection is closed"),
    asyncpg.QueryCanceledError("x"),
    asyncpg.LockNotAvailableError("x"),
    asyncpg.DeadlockDetectedError("x"),
)
BUGS = (
    asyncpg.UndefinedColumnError("x"),
    asyncpg.UniqueViolationError("x"),
    asyncpg.InterfaceError("cannot perform operation: another operation is in progress"),
    OSError("a file"),
)


async def _page(request: Request, problem: Problem, status: int) -> Response:
    return PlainTextResponse(problem.title, status)


def _failing(error: Exception) -> FastAPI:
    app = an_app(error_page=_page)

    @app.get("/api/v1/fails")
    @app.get("/fails")
    async def fails() -> None:
        raise RuntimeError from error

    return app


@pytest.mark.parametrize("error", AWAY, ids=lambda error: type(error).__name__)
async def test_a_database_that_is_away(error: Exception) -> None:
    with capture_logs() as logs:
        async with caller(_failing(error)) as http:
            told, shown = await http.get("/api/v1/fails"), await http.get("/fails")
    assert told.status_code == shown.status_code == 503
    assert told.headers["content-type"] == "application/problem+json"
    assert told.json()["code"] == "request.unavailable"
    assert int(told.headers["retry-after"]) > 0
    assert int(shown.headers["retry-after"]) > 0
    assert shown.text == "Not available at the moment"
    assert {entry["event"] for entry in logs if entry["log_level"] != "info"} == {"database is away"}


@pytest.mark.parametrize("error", BUGS, ids=lambda error: type(error).__name__)
async def test_a_bug_stays_one(error: Exception) -> None:
    async with caller(_failing(error)) as http:
        told = await http.get("/api/v1/fails")
    assert told.status_code == 500
    assert "retry-after" not in told.headers
