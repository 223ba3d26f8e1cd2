"""One running provider for the random calls of a worker."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.kernel.clock import MemoryClock, SystemClock
from tests.fixtures.server import TestServer, in_thread
from tests.identity.conformance import running
from tests.identity.conftest import settings_for
from tests.identity.fuzz.stage import Stage


@pytest.fixture(scope="session")
def stage(test_server: TestServer) -> Iterator[Stage]:
    database = f"fuzz_{os.getpid()}"
    test_server.template("identity")
    urls = in_thread(lambda: test_server.clone("identity", database))
    settings = settings_for(
        urls.app,
        trusted_proxies="127.0.0.1",
        rate_limit_person="",
        rate_limit_address="",
        rate_limit_client="",
        rate_limit_sign_in="",
        rate_limit_export="",
        **running.at("http", running.free_port(), Path()),
    )
    clock = MemoryClock(SystemClock().now().replace(microsecond=0))
    with running.serving(settings, clock):
        made = Stage(settings, clock)
        yield made
        made.close()
    in_thread(lambda: test_server.drop(database))


@pytest.fixture(autouse=True)
def keys_from_stock() -> None:
    """Not here: the service outlives a test, and a stock that begins again would give it a key it has."""
