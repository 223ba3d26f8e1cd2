"""One running provider for each worker: uvicorn on the loopback, with a clock that tests move."""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import uvicorn

from identity_service import operators
from identity_service.app import create_app
from identity_service.clients.service import Registration, register
from identity_service.sealing import hashed
from identity_service.settings import Settings
from shared.kernel.clock import MemoryClock, SystemClock
from shared.oidc.names import GrantType
from tests.fixtures.server import TestServer, in_thread
from tests.identity.conformance import fapi
from tests.identity.conformance.op import AFTER_LOGOUT, ALL_SCOPES, CALLBACK, CLIENTS, EMAIL, NAME, Agent
from tests.identity.conformance.op import Provider as Op
from tests.identity.conftest import settings_for
from tests.identity.driver import PASSWORD


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def _fill(settings: Settings) -> None:
    async with operators.at_the_console(settings) as visit:
        person = {"realm": "customer", "email": EMAIL, "name": NAME, "password": PASSWORD}
        await operators.fill_demo(visit, {"accounts": [person]})
        for client in CLIENTS:
            wanted = Registration(
                id=client.id,
                name=client.id,
                secret_hash=hashed(client.secret),
                source="applied",
                is_first_party=False,
                token_endpoint_auth_method=client.method,
                grant_types=[GrantType.CODE, GrantType.REFRESH],
                scopes=[*ALL_SCOPES.split(), "offline_access"],
                realms=["customer"],
                redirect_uris=[CALLBACK],
                post_logout_redirect_uris=[AFTER_LOGOUT],
                requires_pkce=False,
                id_token_alg=client.alg,
            )
            await register(visit.session, wanted, visit.now)
        for fapi_client in fapi.CLIENTS:
            await register(visit.session, fapi_client.registration(), visit.now)


@pytest.fixture(scope="session")
def running(test_server: TestServer) -> Iterator[Op]:
    """The provider, with one person and its clients."""
    port, database = _free_port(), f"conformance_{os.getpid()}"
    test_server.template("identity")
    urls = in_thread(lambda: test_server.clone("identity", database))
    settings = settings_for(urls.app, identity_public_url=f"http://localhost:{port}")
    in_thread(lambda: _fill(settings))
    clock = MemoryClock(SystemClock().now().replace(microsecond=0))
    config = uvicorn.Config(
        create_app(settings, clock=clock), host="127.0.0.1", port=port, log_level="warning", lifespan="on"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the provider did not start"
        time.sleep(0.02)
    provider = Op(f"http://localhost:{port}", clock)
    provider.discover()
    yield provider
    server.should_exit = True
    thread.join(10)
    in_thread(lambda: test_server.drop(database))


@pytest.fixture
def op(running: Op) -> Op:
    """The provider, some time after the test before: limits have been forgotten."""
    running.clock.advance(timedelta(minutes=6))
    return running


@pytest.fixture(params=["query", "form_post"], ids=["basic", "form_post"])
def agent(request: pytest.FixtureRequest, op: Op) -> Iterator[Agent]:
    """A fresh browser; the answers come by query (Basic OP) or by form (Form Post OP)."""
    made = Agent(op, mode=request.param)
    yield made
    made.http.close()


@pytest.fixture
def plain(op: Op) -> Iterator[Agent]:
    """A fresh browser, for what has nothing to do with the response mode."""
    made = Agent(op)
    yield made
    made.http.close()


@pytest.fixture
def client(op: Op) -> Iterator[fapi.FapiAgent]:
    """A client of the FAPI 2.0 profile, with a fresh browser."""
    made = fapi.FapiAgent(op, fapi.ONE)
    yield made
    made.http.close()


@pytest.fixture
def client2(op: Op) -> Iterator[fapi.FapiAgent]:
    """Another one."""
    made = fapi.FapiAgent(op, fapi.TWO)
    yield made
    made.http.close()
