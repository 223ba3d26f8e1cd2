"""What every service's app has: errors as ours, headers, health, static files, problem pages."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from urllib.parse import urlsplit

import asyncpg
import structlog
from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from shared.db.engine import Database
from shared.db.outbox import depth
from shared.web import docs_page, openapi, problems
from shared.web.cors import Cors
from shared.web.limits import NO_LIMITS, Limits
from shared.web.metrics import Gauges, Metrics
from shared.web.middleware import Surround
from shared.web.templates import STATIC

READY_WITHIN = 2.0
"""Seconds a database has to say that it is there."""


class _CachedFiles(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            versioned = b"v=" in scope.get("query_string", b"")
            response.headers["Cache-Control"] = (
                "public, max-age=31536000, immutable" if versioned else "public, max-age=3600"
            )
        return response


def _is_https_only(public_url: str) -> bool:
    """Whether browsers may be told to remember HTTPS: localhost serves other things too (RFC 6797)."""
    parts = urlsplit(public_url)
    return parts.scheme == "https" and parts.hostname != "localhost"


def make_app(
    *,
    title: str,
    description: str,
    public_url: str,
    open_resources: Callable[[FastAPI], "AsyncIterator[None]"],
    ready: Callable[[], Awaitable[bool]],
    error_page: problems.ErrorPage | None = None,
    form_action: str = "'self'",
    limits: Limits = NO_LIMITS,
    metrics: Metrics | None = None,
    cors: Cors | None = None,
    large_bodies: Mapping[str, int] | None = None,
    static: bool = True,
) -> FastAPI:
    """An app with everything but its routers.

    `open_resources` is an async generator run around the app's life. `ready` says whether the database
    answers. `form_action` widens where forms may lead (Content-Security-Policy). `cors` says which pages
    elsewhere may read what; its origins are kept fresh by the app. `large_bodies` names paths that take more
    bytes than others.
    """
    metrics = metrics or Metrics()
    surround = Middleware(
        Surround,
        bug=problems.bug_answer(error_page),
        https_only=_is_https_only(public_url),
        form_action=form_action,
        limits=limits,
        requests=metrics.requests,
        cors=cors,
        large_bodies=large_bodies,
    )
    app = FastAPI(
        title=title,
        description=description,
        version="1",
        telemetry={"tracing": False, "metrics": False, "logs": False},
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_life(open_resources, cors),
        middleware=[surround],
    )
    app.state.public_url = public_url
    app.state.limits = limits
    app.state.cors = cors
    problems.install(app, error_page)

    _add_health(app, ready, metrics)
    app.state.drawn_once = {}
    openapi.install(app)
    app.router.routes.extend(docs_page.router.routes)
    if static:
        app.mount("/static", _CachedFiles(directory=STATIC), name="static")
    return app


def _add_health(app: FastAPI, ready: Callable[[], Awaitable[bool]], metrics: Metrics) -> None:
    """What whoever runs it asks: `/healthz`, `/readyz`, `/metrics`."""

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> Response:
        return PlainTextResponse("ok\n")

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> Response:
        fine = await ready()
        return JSONResponse({"ready": fine}, 200 if fine else 503)

    @app.get("/metrics", include_in_schema=False)
    async def figures(request: Request) -> Response:
        return await metrics.answer(request)


def _life(
    open_resources: Callable[[FastAPI], "AsyncIterator[None]"], cors: Cors | None
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    opened = asynccontextmanager(open_resources)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        async with opened(app), cors.origins.kept_fresh() if cors else nullcontext():
            yield

    return life


def metrics_of(
    database: Database, *, token: str, outbox: bool = False, more: Gauges | None = None
) -> Metrics:
    """Figures of a process on this database; with `outbox` also how much waits to leave it. `more` are
    further figures that the database tells."""

    async def waiting() -> Mapping[str, float]:
        try:
            async with asyncio.timeout(READY_WITHIN):
                figures = dict(await more()) if more else {}
                return figures | {"outbox_depth": await depth(database.reader)}
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return {}

    return Metrics(token=token, pools=database.pools, gauges=waiting if outbox else None)


async def answers(database: Database) -> bool:
    """Whether the database answers at all."""
    try:
        async with asyncio.timeout(READY_WITHIN), database.engine.connect() as connection:
            await connection.exec_driver_sql("select 1")
    except (OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError):
        structlog.get_logger("ready").warning("database does not answer")
        return False
    return True
