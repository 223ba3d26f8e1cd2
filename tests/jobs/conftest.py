"""A database of one's own with an outbox, and events to put in it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import ClassVar

import pytest

from shared.db import outbox
from shared.db.engine import Database
from shared.kernel.clock import MemoryClock
from tests.fixtures.databases import World


@dataclass(frozen=True)
class Rang:
    name: ClassVar[str] = "tests.rang"
    number: int


@dataclass(frozen=True)
class Ignored:
    name: ClassVar[str] = "tests.ignored"
    number: int


@pytest.fixture
def community() -> str:
    return "employee"


@pytest.fixture
async def database(world: World, community: str) -> AsyncIterator[Database]:
    urls = await world.database(community)
    database = Database(urls.app, pool_size=4)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def clock() -> MemoryClock:
    return MemoryClock()


async def ring(database: Database, clock: MemoryClock, *numbers: int) -> None:
    for number in numbers:
        async with database.transaction() as session:
            await outbox.append(session, Rang(number), now=clock.now())
