"""Reads: Core expressions compiled to SQL once, run where the caller stands.

Outside a transaction a `Query` runs on a pool of read-only asyncpg connections; inside one it runs on
the session, so that it sees what the transaction has written. Both give rows by column name.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import asyncpg
from sqlalchemy import SelectBase
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.ext.asyncio import AsyncSession

Row = Mapping[str, Any]
Observer = Callable[[str], None]

_DIALECT = asyncpg_dialect()  # type: ignore[no-untyped-call] # SQLAlchemy's dialects carry no types


class Query:
    """A SELECT with named parameters, compiled at the first use and never again."""

    def __init__(self, statement: SelectBase) -> None:
        self.statement: Any = statement
        compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
        self.sql = compiled.string
        self._names: tuple[str, ...] = tuple(getattr(compiled, "positiontup", None) or ())
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}

    def arguments(self, params: Mapping[str, Any]) -> list[Any]:
        """The values in the order of `$1 … $n`. Raises KeyError for a parameter not given."""
        fixed = self._fixed
        return [params[name] if name in params else fixed[name] for name in self._names]


class Reader(Protocol):
    async def all(self, query: Query, **params: Any) -> Sequence[Row]: ...

    async def first(self, query: Query, **params: Any) -> Row | None: ...


class PoolReader:
    """Each query on a connection of the pool, in a read-only transaction of its own."""

    def __init__(self, pool: asyncpg.Pool, observe: Observer | None = None) -> None:
        self._pool = pool
        self.observe = observe

    async def all(self, query: Query, **params: Any) -> Sequence[Row]:
        if self.observe:
            self.observe(query.sql)
        async with self._pool.acquire() as connection:
            rows: Sequence[Row] = await connection.fetch(query.sql, *query.arguments(params))
        return rows

    async def first(self, query: Query, **params: Any) -> Row | None:
        rows = await self.all(query, **params)
        return rows[0] if rows else None


class SessionReader:
    """Each query inside the session's transaction, after what is pending was flushed."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def all(self, query: Query, **params: Any) -> Sequence[Row]:
        result = await self._session.execute(query.statement, params)
        return [dict(row) for row in result.mappings()]

    async def first(self, query: Query, **params: Any) -> Row | None:
        rows = await self.all(query, **params)
        return rows[0] if rows else None
