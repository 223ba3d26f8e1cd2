"""A customer database with content, the bridge before it as its own role, and callers of every sort."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from customer_service.app import catalog
from customer_service.bridge.app import create_app
from customer_service.bridge.settings import Settings
from customer_service.sharing.jobs import SharingWork
from customer_service.sharing.schemas import CompanyAsked, SharingCreate
from customer_service.sharing.service import SharingService
from shared.bridge.client import BridgeClient
from shared.db.engine import Database
from shared.kernel.actor import Actor
from shared.kernel.clock import SystemClock
from tests.bridge.content import Content, context, fill
from tests.bridge.identity import PretendedIdentity
from tests.bridge.inside import Inside, inside_of
from tests.fixtures.databases import World
from tests.fixtures.server import DatabaseUrls

BRIDGE = "http://localhost:8003"
STAFF_CLIENT = "employee-community"
SECRET = "a-secret-of-the-bridge-with-32-bytes-or-more"


@pytest.fixture(scope="session")
def identity() -> Iterator[PretendedIdentity]:
    pretended = PretendedIdentity()
    pretended.start()
    yield pretended
    pretended.stop()


@dataclass
class Outside:
    """The customer side: its database, what its worker does, and the bridge as an app."""

    urls: DatabaseUrls
    database: Database
    content: Content
    app: FastAPI
    identity: PretendedIdentity
    http: httpx.AsyncClient
    client: BridgeClient

    async def work(self) -> None:
        """Everything the worker would do now."""
        await SharingWork(self.database, SystemClock(), catalog()).turn()

    async def ask(self, actor: Actor | None = None, **asked: Any) -> None:
        async with self.database.transaction() as session:
            service = SharingService(context(session, actor or self.content.author))
            await service.ask(self.content.topic, CompanyAsked(**asked))

    async def share(self, **wanted: Any) -> None:
        async with self.database.transaction() as session:
            service = SharingService(context(session, self.content.manager))
            wanted = {"purpose": "support", "reason": "Nobody here knows."} | wanted
            await service.share(self.content.topic, SharingCreate(**wanted))

    async def withdraw(self, actor: Actor | None = None) -> None:
        async with self.database.transaction() as session:
            service = SharingService(context(session, actor or self.content.author))
            await service.withdraw(self.content.topic)

    def staff(self, scope: str = "bridge:read bridge:reply", **changes: Any) -> str:
        """A token of a customer-facing member of staff, exchanged by their community."""
        account = self.identity.account("tomas", name="Tomas Berg")
        return self.identity.delegated(account, STAFF_CLIENT, BRIDGE, scope, **changes)

    def program(self, scope: str = "bridge:changes bridge:ledger", client: str = STAFF_CLIENT) -> str:
        return self.identity.own(client, BRIDGE, scope)

    async def get(self, path: str, token: str | None, **query: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self.http.get(f"/bridge/v1{path}", headers=headers, params=query)

    async def ref(self) -> str:
        """The code of the one thread that is shared with staff."""
        (thread,) = (await self.client.threads(self.staff())).body.data
        return thread.ref

    async def sql(self, statement: str, *values: Any) -> list[Any]:
        """As the owner, past every rule."""
        connection = await asyncpg.connect(self.urls.owner)
        try:
            return list(await connection.fetch(statement, *values))
        finally:
            await connection.close()


def bridge_settings(urls: DatabaseUrls, identity: PretendedIdentity, **changes: Any) -> Settings:
    values = {
        "BRIDGE_PUBLIC_URL": BRIDGE,
        "BRIDGE_DATABASE_URL": urls.bridge,
        "BRIDGE_SECRET_KEY": SECRET,
        "identity_public_url": identity.url,
    }
    return Settings(**(values | changes))


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[None]:
    async with app.router.lifespan_context(app):
        yield


@asynccontextmanager
async def outside_of(
    urls: DatabaseUrls, identity: PretendedIdentity, **changes: Any
) -> AsyncIterator[Outside]:
    database = Database(urls.app, pool_size=4)
    await database.open()
    app = create_app(bridge_settings(urls, identity, **changes))
    transport = httpx.ASGITransport(app)
    client = BridgeClient(BRIDGE, transport=transport)
    http = httpx.AsyncClient(transport=transport, base_url=BRIDGE)
    async with running(app), http, client:
        yield Outside(urls, database, await fill(database), app, identity, http, client)
    await database.close()


@pytest.fixture
async def outside(world: World, identity: PretendedIdentity) -> AsyncIterator[Outside]:
    async with outside_of(await world.database("customer"), identity) as made:
        yield made


class Road(httpx.AsyncBaseTransport):
    """The network between the inside and the bridge; `down` makes calls fail, `lose` loses answers."""

    def __init__(self, app: FastAPI) -> None:
        self._transport = httpx.ASGITransport(app)
        self.down = False
        self.lose = 0
        self._heard: list[str] | None = None

    def listen(self) -> list[str]:
        """From now on, everything that leaves the inside for the bridge is written down here."""
        self._heard = []
        return self._heard

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("down", request=request)
        if self._heard is not None:
            headers = "\n".join(f"{name}: {value}" for name, value in request.headers.items())
            self._heard.append(f"{request.method} {request.url}\n{headers}\n{request.content.decode()}")
        answer = await self._transport.handle_async_request(request)
        if self.lose:
            self.lose -= 1
            raise httpx.ReadError("lost", request=request)
        return answer


@pytest.fixture
async def road(outside: Outside) -> Road:
    return Road(outside.app)


@pytest.fixture
async def inside(
    world: World, identity: PretendedIdentity, outside: Outside, road: Road
) -> AsyncIterator[Inside]:
    async with inside_of(await world.database("employee"), identity, BRIDGE, road) as made:
        yield made
