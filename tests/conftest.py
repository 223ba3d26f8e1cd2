"""What every test may use: ``db``, ``world``, ``community`` (see ``tests/fixtures/databases.py``)."""

import os
import shutil
from pathlib import Path

import pytest
import structlog

from shared.launch.shared_server import Member, fresh_folder
from tests.fixtures.chromium import browser
from tests.fixtures.databases import FOLDER, community, db, test_server, worker_databases, world

__all__ = ["browser", "community", "db", "test_server", "worker_databases", "world"]

_run = pytest.StashKey[Member]()


def pytest_configure(config: pytest.Config) -> None:
    """The first process of a run makes the folder and holds it to the end; workers inherit its name."""
    if FOLDER not in os.environ:
        folder = fresh_folder()
        os.environ[FOLDER] = str(folder)
        config.stash[_run] = Member(folder)
    _log_plain_traces()


def _log_plain_traces() -> None:
    """Structlog's own default draws every frame with its variables, which takes seconds for an app's."""
    drawing = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], drawing])


def pytest_unconfigure(config: pytest.Config) -> None:
    member = config.stash.get(_run, None)
    if member is not None:
        folder = Path(os.environ.pop(FOLDER))
        if not (folder / "state.json").exists():
            shutil.rmtree(folder, ignore_errors=True)
        member.leave()
