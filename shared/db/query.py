"""Core expressions compiled to SQL once, run where the caller stands.

Outside a transaction a `Query` runs on a pool of read-only asyncpg connections, and a `Command` on a pool of
others; inside one both run on the transaction's own connection, so that a query sees what was written. Rows
come by column name either way.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import asyncpg
from sqlalchemy import Delete, Insert, SelectBase, Update
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db.pool import StatementPool

Row = Mapping[str, Any]
Observer = Callable[[str], None]

_DIALECT = asyncpg_dialect()  # type: ignore[no-untyped-call] # SQLAlchemy's dialects carry no types


class Query:
    """A SELECT with named parameters, compiled when it is made and never again."""

    def __init__(self, statement: SelectBase | Insert | Update | Delete) -> None:
        self.statement: Any = statement
        self.gives_rows = isinstance(statement, SelectBase) or bool(statement.returning_column_descriptions)
        compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
        self.sql = compiled.string
        self._names: tuple[str, ...] = tuple(getattr(compiled, "positiontup", None) or ())
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}

    def arguments(self, params: Mapping[str, Any]) -> list[Any]:
        """The values in the order of `$1 … $n`. Raises KeyError for a parameter not given."""
        fixed = self._fixed
        return [params[name] if name in params else fixed[name] for name in self._names]


class Command(Query):
    """An INSERT, UPDATE or DELETE for a hot path: what the ORM would write, without its cost each time.

    Values that the database does not fill in itself are given as parameters.
    """


class Reader(Protocol):
    async def all(self, query: Query, **params: Any) -> Sequence[Row]: ...

    async def first(self, query: Query, **params: Any) -> Row | None: ...


class Writer(Reader, Protocol):
    """A `Reader` that may write as well: inside a transaction, or each statement in one of its own."""

    async def run(self, command: Command, **params: Any) -> Sequence[Row]:
        """Rows of RETURNING, if any."""
        ...


class PoolReader:
    """Each query on a connection of the pool, in a read-only transaction of its own."""

    def __init__(self, pool: StatementPool, observe: Observer | None = None) -> None:
        self._pool = pool
        self.observe = observe

    async def all(self, query: Query, **params: Any) -> Sequence[Row]:
        if self.observe:
            self.observe(query.sql)
        return await self._pool.fetch(query.sql, query.arguments(params))

    async def first(self, query: Query, **params: Any) -> Row | None:
        rows = await self.all(query, **params)
        return rows[0] if rows else None


class PoolWriter(PoolReader):
    """Each statement on a connection of the pool, a transaction of its own: committed when it has run.

    What belongs together is one statement, with what it writes elsewhere in its WITH clauses.
    """

    async def run(self, command: Command, **params: Any) -> Sequence[Row]:
        return await self.all(command, **params)


class SessionReader:
    """Through the session, after what is pending was flushed."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def all(self, query: Query, **params: Any) -> Sequence[Row]:
        result: Any = await self._session.execute(query.statement, params)
        return [dict(row) for row in result.mappings()] if query.gives_rows else []

    async def first(self, query: Query, **params: Any) -> Row | None:
        rows = await self.all(query, **params)
        return rows[0] if rows else None

    async def run(self, command: Command, **params: Any) -> Sequence[Row]:
        return await self.all(command, **params)


class TransactionReader:
    """On the asyncpg connection that the session's transaction runs on, past the session.

    SQLAlchemy spends more on looking up a large statement than PostgreSQL on running it.
    """

    def __init__(
        self, session: AsyncSession, connection: asyncpg.Connection, observe: Observer | None
    ) -> None:
        self._session = session
        self._connection = connection
        self.observe = observe

    async def all(self, query: Query, **params: Any) -> Sequence[Row]:
        if self.observe:
            self.observe(query.sql)
        if self._session.new or self._session.dirty or self._session.deleted:
            await self._session.flush()
        rows: Sequence[Row] = await self._connection.fetch(query.sql, *query.arguments(params))
        return rows

    async def first(self, query: Query, **params: Any) -> Row | None:
        rows = await self.all(query, **params)
        return rows[0] if rows else None

    async def run(self, command: Command, **params: Any) -> Sequence[Row]:
        return await self.all(command, **params)


def writer_of(session: AsyncSession) -> Writer:
    """Where to run queries and commands in this session's transaction: past the session when it is one of
    `Database.transaction`, else through it."""
    writer: Writer | None = session.info.get(WRITER)
    return writer or SessionReader(session)


WRITER = "narrowbridge.writer"
