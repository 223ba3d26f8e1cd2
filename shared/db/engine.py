"""One database as a service sees it: an engine for transactions, and pools for single statements."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
from pydantic_core import from_json
from sqlalchemy import event, func, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from shared.db.failures import DatabaseAway
from shared.db.pool import WAIT_FOR, StatementPool
from shared.db.query import WRITER, Observer, PoolReader, PoolWriter, TransactionReader

APART: Final = 3
"""Connections kept for `Database.apart`."""
CONNECT_WITHIN: Final = 10.0
"""Seconds a server has to take a connection."""


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """Seconds that PostgreSQL gives a statement, a wait for a lock, and a transaction that says nothing;
    0 is no limit."""

    statement: float = 0
    lock: float = 0
    idle: float = 0

    def server_settings(self) -> dict[str, str]:
        named = {
            "statement_timeout": self.statement,
            "lock_timeout": self.lock,
            "idle_in_transaction_session_timeout": self.idle,
        }
        return {name: f"{round(seconds * 1000)}ms" for name, seconds in named.items() if seconds}


NO_TIME_LIMITS: Final = TimeLimits()
"""For what an operator starts and waits for: an import, a migration, demonstration content."""


async def _prepare(connection: Any) -> None:
    """JSON goes in and comes out as Python values, however the connection is used."""
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, encoder=json.dumps, decoder=from_json, schema="pg_catalog")


def _prepare_adapted(connection: Any, record: Any) -> None:
    connection.run_async(_prepare)


def _refuse_dead(adapted: Any, record: Any, proxy: Any) -> None:
    """Has the pool make a new connection in place of one that PostgreSQL has closed.

    Transactions are begun on the driver's connection, past SQLAlchemy, which does not see it fail.
    """
    if adapted.driver_connection.is_closed():
        raise DisconnectionError


def _as_it_is(value: Any) -> Any:
    return value


class Database:
    """Opened once per process. `transaction()` commits, and so does each statement of the `writer`."""

    def __init__(
        self,
        url: str,
        *,
        read_url: str | None = None,
        pool_size: int = 10,
        time_limits: TimeLimits = NO_TIME_LIMITS,
    ) -> None:
        self.url = make_url(url).set(drivername="postgresql")
        self._read_url = make_url(read_url).set(drivername="postgresql") if read_url else self.url
        self._pool_size = pool_size
        self._time_limits = time_limits
        self._pool: StatementPool | None = None
        self._single: StatementPool | None = None
        self.engine = self._make_engine(pool_size)
        self._engine_apart = self._make_engine(APART)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._sessions_apart = async_sessionmaker(self._engine_apart, expire_on_commit=False)
        self.observe: Observer | None = None

    def _make_engine(self, size: int) -> AsyncEngine:
        engine = create_async_engine(
            self.url.set(drivername="postgresql+asyncpg"),
            pool_size=size,
            max_overflow=0,
            pool_timeout=WAIT_FOR,
            connect_args={
                "timeout": CONNECT_WITHIN,
                "server_settings": self._time_limits.server_settings(),
            },
            hide_parameters=True,
            isolation_level="AUTOCOMMIT",
            json_serializer=_as_it_is,
            json_deserializer=_as_it_is,
        )
        event.listen(engine.sync_engine, "connect", _prepare_adapted)
        event.listen(engine.sync_engine, "checkout", _refuse_dead)
        return engine

    async def open(self) -> None:
        self._pool = StatementPool(self._connect_to_read, self._pool_size)
        self._single = StatementPool(self._connect_to_write, self._pool_size)
        await self._pool.open()

    async def _connect_to_read(self) -> asyncpg.Connection:
        return await self._connected(self._read_url, {"default_transaction_read_only": "on"})

    async def _connect_to_write(self) -> asyncpg.Connection:
        # By key alone: there is one good plan, and each connection would try five others first.
        return await self._connected(self.url, {"plan_cache_mode": "force_generic_plan"})

    async def _connected(self, url: URL, settings: dict[str, str]) -> asyncpg.Connection:
        connection = await asyncpg.connect(
            url.render_as_string(hide_password=False),
            timeout=CONNECT_WITHIN,
            server_settings=settings | self._time_limits.server_settings(),
        )
        await _prepare(connection)
        return connection

    async def close(self) -> None:
        for pool in (self._pool, self._single):
            if pool is not None:
                await pool.close()
        await self.engine.dispose()
        await self._engine_apart.dispose()

    def pools(self) -> dict[str, tuple[int, int]]:
        """Of each pool, how many connections it may have and how many are in use."""
        found = {
            name: (engine.pool.size(), engine.pool.checkedout())  # type: ignore[attr-defined]
            for name, engine in (("write", self.engine), ("apart", self._engine_apart))
        }
        for name, pool in (("read", self._pool), ("single", self._single)):
            if pool is not None:
                found[name] = (pool.size, pool.used)
        return found

    @property
    def reader(self) -> PoolReader:
        assert self._pool is not None, "open() first"
        return PoolReader(self._pool, self.observe)

    @property
    def writer(self) -> PoolWriter:
        """For writes of one statement each, which are committed one by one."""
        assert self._single is not None, "open() first"
        return PoolWriter(self._single, self.observe)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """One transaction: committed when the block ends, rolled back when it raises.

        It is asyncpg's own (to SQLAlchemy the engine is in autocommit), so that what runs through the
        session and what runs past it (`writer_of`) is in the same transaction from its first statement on.
        """
        async with self._sessions() as session, self._begun(session):
            yield session

    @asynccontextmanager
    async def apart(self) -> AsyncIterator[AsyncSession]:
        """A short transaction of its own beside the request's, for what must last whatever becomes of that.

        It has a few connections of its own: requests that hold one each would otherwise wait for one another.
        """
        async with self._sessions_apart() as session, self._begun(session):
            yield session

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[bool]:
        """Whether nobody else is at `name`, on this database, until the block ends or the connection is lost.

        It holds a connection and no transaction, so that the block may take long.
        """
        key = func.hashtextextended(name, 0)
        async with self.engine.connect() as connection:
            if not await connection.scalar(select(func.pg_try_advisory_lock(key))):
                yield False
                return
            try:
                yield True
            finally:
                await connection.scalar(select(func.pg_advisory_unlock(key)))

    @asynccontextmanager
    async def _begun(self, session: AsyncSession) -> AsyncIterator[None]:
        try:
            adapted = await (await session.connection()).get_raw_connection()
        except (OSError, PoolTimeout) as error:
            raise DatabaseAway from error
        connection: Any = adapted.driver_connection
        session.info[WRITER] = TransactionReader(session, connection, self.observe)
        async with connection.transaction():
            yield
            await session.flush()
