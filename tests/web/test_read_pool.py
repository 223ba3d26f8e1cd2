"""The pool of reading connections."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from shared.db import pool as pools
from shared.db.pool import StatementPool
from tests.fixtures.databases import World


class Counted:
    """How a pool's connections are made, and how many were."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.made: list[asyncpg.Connection] = []

    async def __call__(self) -> asyncpg.Connection:
        self.made.append(await asyncpg.connect(self.url))
        return self.made[-1]


@pytest.fixture
async def made(world: World) -> Counted:
    return Counted((await world.database("customer")).app)


@pytest.fixture
async def pool(made: Counted) -> AsyncIterator[StatementPool]:
    pool = StatementPool(made, 2)
    await pool.open()
    yield pool
    await pool.close()


async def test_no_more_connections_than_said_and_everybody_is_answered(
    pool: StatementPool, made: Counted
) -> None:
    asked = [pool.fetch("select $1::int as n, pg_sleep(0.01)", [n]) for n in range(10)]
    assert [rows[0]["n"] for rows in await asyncio.gather(*asked)] == list(range(10))
    assert len(made.made) == 2
    assert pool.used == 0


async def test_one_is_enough_for_who_asks_one_after_another(pool: StatementPool, made: Counted) -> None:
    for _ in range(3):
        await pool.fetch("select 1", [])
    assert len(made.made) == 1


async def test_a_query_that_fails_costs_no_connection(pool: StatementPool, made: Counted) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        await pool.fetch("select 1 / 0", [])
    assert (await pool.fetch("select 1 as n", []))[0]["n"] == 1
    assert len(made.made) == 1


async def test_a_cancelled_query_leaves_the_connection_good_for_the_next(
    pool: StatementPool, made: Counted
) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await pool.fetch("select pg_sleep(30)", [])
    async with asyncio.timeout(5):
        assert (await pool.fetch("select 1 as n", []))[0]["n"] == 1
    assert pool.used == 0


async def test_a_connection_that_was_lost_is_replaced(pool: StatementPool, made: Counted) -> None:
    made.made[0].terminate()
    assert (await pool.fetch("select 1 as n", []))[0]["n"] == 1
    assert len(made.made) == 2


async def test_one_that_was_idle_for_long_is_replaced(
    pool: StatementPool, made: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "IDLE_FOR", -1.0)
    await pool.fetch("select 1", [])
    assert made.made[0].is_closed()
    assert len(made.made) == 2


async def test_closing_leaves_none_open(pool: StatementPool, made: Counted) -> None:
    slow = asyncio.create_task(pool.fetch("select pg_sleep(0.2)", []))
    await asyncio.sleep(0.05)
    await pool.close()
    await slow
    assert all(connection.is_closed() for connection in made.made)
