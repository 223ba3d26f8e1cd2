"""One suite for both communities: `house` is each of them in turn, shared by all tests of a worker."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from shared.db.engine import Database
from tests.fixtures.databases import World
from tests.fixtures.server import TestServer
from tests.oidc.conftest import PretendedIdentity
from tests.tools.house import COMPOSITIONS, Caller, House


@pytest_asyncio.fixture(scope="session", loop_scope="session", params=["employee", "customer"])
async def house(request: pytest.FixtureRequest, test_server: TestServer) -> AsyncIterator[House]:
    composition = COMPOSITIONS[request.param]
    world = World(test_server, f"house_{os.getpid()}")
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


@dataclass
class Scene:
    """A space with a topic in it and the people around it.

    `readers` may see only; `member` may reply, `author` started the topic, `moderator` moderates by a
    group's grant, `stranger` is signed in and has no grant here.
    """

    house: House
    space: UUID
    people: dict[str, Caller]
    topic: dict[str, Any]
    reply: dict[str, Any]
    comment: dict[str, Any]

    def __getattr__(self, name: str) -> Caller:
        people: dict[str, Caller] = self.__dict__.get("people", {})
        if name not in people:
            raise AttributeError(name)
        return people[name]


ACTORS = ("guest", "stranger", "reader", "member", "author", "moderator", "manager")


@pytest_asyncio.fixture(loop_scope="session")
async def scene(house: House) -> Scene:
    """A question with a reply by `member` and a comment on it, in a space that strangers do not see."""
    people, space = await house.peopled(
        {"stranger": None, "reader": "see", "member": "reply", "author": "post", "moderator": "moderate"}
    )
    people |= {"manager": await house.manager(), "guest": house.guest}
    topic = await people["author"].post(
        "/topics", space=space, kind="question", title="A question of mine", body="What is it?", tags=["a"]
    )
    reply = await people["member"].post(f"/topics/{topic['id']}/posts", body="An answer")
    comment = await people["member"].post(
        f"/topics/{topic['id']}/posts", body="A comment", reply_to=reply["id"]
    )
    return Scene(house, space, people, topic, reply, comment)
