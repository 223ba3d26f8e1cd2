"""Connections for single SELECTs, taken and given back without a task, a timer or a reset for each."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import asyncpg

IDLE_FOR: Final = 300.0
"""Seconds after which an idle connection is not trusted any more: something between may have forgotten it."""


class ReadPool:
    """At most `size` connections; who comes when all are in use waits for one, first come, first served.

    asyncpg's own pool spends half as much as the query itself on resetting and on protecting that from being
    cancelled. Single SELECTs leave nothing behind to reset, and a connection on which one was cancelled sorts
    that out itself before its next.
    """

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]], size: int) -> None:
        self.size = size
        self.used = 0
        self._connect = connect
        self._free = asyncio.Semaphore(size)
        self._idle: list[tuple[asyncpg.Connection, float]] = []
        self._closed = False

    async def open(self) -> None:
        """Makes the first connection, so that a database that cannot be read is found out at start."""
        self._idle.append((await self._connect(), time.monotonic()))

    async def close(self) -> None:
        """Closes what is idle; what is in use ends with its query."""
        self._closed = True
        while self._idle:
            await self._idle.pop()[0].close()

    async def fetch(self, sql: str, arguments: Sequence[Any]) -> list[Any]:
        async with self._free:
            self.used += 1
            try:
                connection = self._at_hand() or await self._connect()
                try:
                    rows: list[Any] = await connection.fetch(sql, *arguments)
                finally:
                    self._give_back(connection)
            finally:
                self.used -= 1
        return rows

    def _at_hand(self) -> asyncpg.Connection | None:
        """The connection used last, whose statements are most likely prepared."""
        while self._idle:
            connection, since = self._idle.pop()
            if time.monotonic() - since > IDLE_FOR:
                connection.terminate()
            elif not connection.is_closed():
                return connection
        return None

    def _give_back(self, connection: asyncpg.Connection) -> None:
        if self._closed:
            connection.terminate()
        elif not connection.is_closed():
            self._idle.append((connection, time.monotonic()))
