"""What every test may use: ``db``, ``world``, ``community`` (see ``tests/fixtures/databases.py``)."""

import gc
import os
import shutil
import ssl
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.engine.base import Engine
from sqlalchemy.util import LRUCache

from shared.launch.shared_server import Member, fresh_folder
from tests.fixtures.chromium import browser
from tests.fixtures.databases import FOLDER, community, db, test_server, worker_databases, world

__all__ = ["browser", "community", "db", "test_server", "worker_databases", "world"]

_run = pytest.StashKey[Member]()


def pytest_xdist_auto_num_workers() -> int:
    """`-n auto`: half as many again as there are cores, for the time that goes by waiting for programs."""
    cores = os.cpu_count() or 1
    return cores + cores // 2


def pytest_configure(config: pytest.Config) -> None:
    """The first process of a run makes the folder and holds it to the end; workers inherit its name."""
    if FOLDER not in os.environ:
        folder = fresh_folder()
        os.environ[FOLDER] = str(folder)
        config.stash[_run] = Member(folder)
    _log_plain_traces()
    _read_authorities_once()
    _compile_statements_once()


def pytest_collection_finish() -> None:
    """What was imported and collected is there to the end: the collector need not look at it again."""
    gc.freeze()


def _log_plain_traces() -> None:
    """Structlog's own default draws every frame with its variables, which takes seconds for an app's."""
    drawing = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], drawing])


def _read_authorities_once() -> None:
    """Each new client reads all certificate authorities, which takes longer than many a test."""
    create = httpx.create_ssl_context

    @cache
    def public(trust_env: bool, *environment: str | None) -> ssl.SSLContext:
        return create(trust_env=trust_env)

    def kept(verify: Any = True, cert: Any = None, trust_env: bool = True) -> ssl.SSLContext:
        if verify is not True or cert is not None:
            return create(verify, cert, trust_env)
        return public(trust_env, os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))

    for place in ("httpx", "httpx._transports.default"):
        pytest.MonkeyPatch().setattr(f"{place}.create_ssl_context", kept)


def _compile_statements_once() -> None:
    """SQLAlchemy keeps compiled statements by engine and dialect, and each test has its own of both."""
    shared: LRUCache[Any, Any] = LRUCache(5000)
    patch = pytest.MonkeyPatch()
    patch.setattr(Engine, "_compiled_cache", property(lambda _: shared, lambda _, __: None), raising=False)
    patch.setattr(PGDialect_asyncpg, "__hash__", lambda _: 1)
    patch.setattr(PGDialect_asyncpg, "__eq__", lambda one, other: type(one) is type(other))


def pytest_unconfigure(config: pytest.Config) -> None:
    member = config.stash.get(_run, None)
    if member is not None:
        folder = Path(os.environ.pop(FOLDER))
        if not (folder / "state.json").exists():
            shutil.rmtree(folder, ignore_errors=True)
        member.leave()
