"""Both communities, as people with browsers meet them."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
import pytest_asyncio

from shared.db.engine import Database
from tests.fixtures.databases import World
from tests.fixtures.server import TestServer
from tests.oidc.conftest import PretendedIdentity
from tests.pages.visitor import Visitor, sign_in
from tests.tools.conftest import Scene, scene
from tests.tools.house import COMPOSITIONS, Caller, House

__all__ = ["scene"]

Visit = Callable[[Caller | str], Awaitable[Visitor]]


@pytest_asyncio.fixture(scope="session", loop_scope="session", params=["employee", "customer"])
async def house(request: pytest.FixtureRequest, test_server: TestServer) -> AsyncIterator[House]:
    """A running community of this folder's own, shared by its tests; each makes spaces of its own."""
    composition = COMPOSITIONS[request.param]
    world = World(test_server, f"pages_{os.getpid()}")
    urls = await world.database(composition.name)
    identity = PretendedIdentity()
    app = composition.app(urls.app, identity)
    database = Database(urls.app, pool_size=4)
    await database.open()
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=composition.public_url) as client,
    ):
        yield House(composition, app, database, client, identity)
    await database.close()
    await world.drop()


@pytest_asyncio.fixture(loop_scope="session")
async def visit(house: House, scene: Scene) -> Visit:
    """`await visit("member")`: that person of the scene, in a browser."""
    house.app.state.navigation.forget()

    async def open_browser(who: Caller | str) -> Visitor:
        return await sign_in(house, scene.people[who] if isinstance(who, str) else who)

    return open_browser
