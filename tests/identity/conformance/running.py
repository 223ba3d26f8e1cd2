"""The service as it is served, in a thread of the tests: on the loopback, over HTTP or HTTPS."""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn

from identity_service.app import create_app
from identity_service.settings import Settings
from shared.kernel.clock import Clock
from shared.launch import certificates
from shared.web.commands import server_config


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def at(scheme: str, port: int, folder: Path) -> dict[str, Any]:
    """The settings by which identity speaks `scheme` on `port`; certificates lie in `folder`."""
    told = {"identity_public_url": f"{scheme}://localhost:{port}"}
    if scheme == "https":
        made = certificates.ensure(folder)
        told |= {"tls_certificate_file": str(made.certificate), "tls_key_file": str(made.key)}
    return told


@contextmanager
def trusted(scheme: str, folder: Path) -> Iterator[Any]:
    """Our own authority is believed while this lasts, also by what calls from this process. Gives the
    `verify` of an httpx client."""
    if scheme == "http":
        yield True
        return
    made = certificates.ensure(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "SSL_CERT_FILE", str(made.bundle))
        yield made.context()


@contextmanager
def serving(settings: Settings, clock: Clock | None = None) -> Iterator[None]:
    """As `serve` does it; the server answers within this block."""
    port = urlsplit(settings.identity_public_url).port
    assert port, "a port of its own"
    config = server_config(lambda: create_app(settings, clock=clock), settings, host="127.0.0.1", port=port)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the provider did not start"
        time.sleep(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(10)
