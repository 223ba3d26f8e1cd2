"""One running provider for each worker and scheme, with a clock that tests move.

All of it runs over HTTP; over HTTPS what `test_over_https.py` says, and with `make test-all` all of it, too.
"""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from identity_service import operators
from identity_service.app import make_services
from identity_service.backchannel import service as backchannel
from identity_service.clients.service import Registration, register
from identity_service.sealing import hashed
from identity_service.settings import Settings
from shared.kernel.clock import MemoryClock, SystemClock
from shared.oidc.names import GrantType
from tests.fixtures.server import TestServer, in_thread
from tests.identity.conformance import fapi, running
from tests.identity.conformance.application import Application, listening
from tests.identity.conformance.op import (
    AFTER_LOGOUT,
    AFTER_LOGOUT_OF_APPS,
    ALL_SCOPES,
    CALLBACK,
    CLIENTS,
    EMAIL,
    NAME,
    Agent,
)
from tests.identity.conformance.op import Provider as Op
from tests.identity.conftest import settings_for
from tests.identity.driver import PASSWORD


async def _fill(settings: Settings, application: Application) -> None:
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
                post_logout_redirect_uris=[AFTER_LOGOUT, AFTER_LOGOUT_OF_APPS],
                backchannel_logout_uri=application.url,
                backchannel_logout_session_required=True,
                requires_pkce=False,
                id_token_alg=client.alg,
            )
            await register(visit.session, wanted, visit.now)
        for fapi_client in fapi.CLIENTS:
            await register(visit.session, fapi_client.registration(), visit.now)


@pytest.fixture(scope="session", params=["http", pytest.param("https", marks=pytest.mark.slow)])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where certificates lie, and the one who vouches for them."""
    return tmp_path_factory.mktemp("authority")


@pytest.fixture(scope="session")
def application(scheme: str, authority: Path) -> Iterator[Application]:
    """Hears of the logouts of all clients of Basic OP."""
    with listening(scheme, authority) as made:
        yield made


@pytest.fixture(scope="session")
def said(
    scheme: str, authority: Path, application: Application, test_server: TestServer
) -> Iterator[Settings]:
    """What the provider is told; its database holds one person and the clients."""
    database = f"conformance_{scheme}_{os.getpid()}"
    test_server.template("identity")
    urls = in_thread(lambda: test_server.clone("identity", database))
    host = urlsplit(application.url).netloc
    told = settings_for(
        urls.app, identity_private_hosts=host, **running.at(scheme, running.free_port(), authority)
    )
    in_thread(lambda: _fill(told, application))
    yield told
    in_thread(lambda: test_server.drop(database))


@pytest.fixture(scope="session")
def provider(said: Settings, scheme: str, authority: Path) -> Iterator[Op]:
    """It runs."""
    clock = MemoryClock(SystemClock().now().replace(microsecond=0))
    with running.trusted(scheme, authority) as verify, running.serving(said, clock):
        made = Op(said.identity_public_url, clock, verify)
        made.discover()
        yield made


@pytest.fixture
def op(provider: Op) -> Op:
    """The provider, some time after the test before: limits have been forgotten."""
    provider.clock.advance(timedelta(minutes=6))
    return provider


@pytest.fixture
def notices(said: Settings, op: Op) -> Callable[[], int]:
    """What the worker does: tells the clients of logouts. Gives how many were told."""

    async def tell() -> int:
        services = make_services(said, op.clock)
        await services.database.open()
        try:
            return await backchannel.deliver(services)
        finally:
            services.passwords.close()
            await services.outgoing.close()
            await services.database.close()

    return lambda: in_thread(tell)


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
