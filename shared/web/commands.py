"""The commands every service has: serve, worker, migrate, bootstrap."""

import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
import typer
import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError


def set_up_logs(*, development: bool) -> None:
    """Structured lines on standard error: JSON, or readable ones in development. Never content."""
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=False) if development else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)


def settings_or_exit(settings_class: Callable[[], Any]) -> Any:
    """The settings, or one clear line for each variable that is missing or wrong, and exit status 2."""
    try:
        return settings_class()
    except ValidationError as error:
        for e in error.errors():
            print(f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}", file=sys.stderr)  # noqa: T201
        raise typer.Exit(2) from None


def serve(make: Callable[[], FastAPI], *, host: str, port: int, development: bool) -> None:
    """Runs the app until told to stop; open requests get 2 seconds."""
    set_up_logs(development=development)
    uvicorn.run(
        make,
        factory=True,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=2,
        proxy_headers=False,
    )


def run_worker(work: Callable[[], Coroutine[Any, Any, None]], *, development: bool) -> None:
    set_up_logs(development=development)
    asyncio.run(work())
