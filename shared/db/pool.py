"""Connections for single statements, taken and given back without a task, a timer or a reset for each."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import asyncpg

from shared.db.failures import DatabaseAway

WAIT_FOR: Final = 5.0
"""Seconds to wait for a connection while all are in use."""
IDLE_FOR: Final = 300.0
"""Seconds after which an idle connection is not trusted any more: something between may have forgotten it."""


class StatementPool:
    """At most `size` connections; who comes when all are in use waits for one, first come, first served.

    asyncpg's own pool spends half as much as the query itself on resetting and on protecting that from being
    cancelled. Single statements, each a transaction of its own, leave nothing behind to reset, and a
    connection on which one was cancelled sorts that out itself before its next.
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
        """Raises `DatabaseAway` when there is no connection to be had, and the driver's errors."""
        await self._wait_for_turn()
        self.used += 1
        try:
            connection = self._at_hand() or await self._connected()
            try:
                rows: list[Any] = await connection.fetch(sql, *arguments)
            finally:
                self._give_back(connection)
        finally:
            self.used -= 1
            self._free.release()
        return rows

    async def _wait_for_turn(self) -> None:
        if not self._free.locked():
            await self._free.acquire()  # at once, without a timer
            return
        try:
            async with asyncio.timeout(WAIT_FOR):
                await self._free.acquire()
        except TimeoutError as error:
            raise DatabaseAway from error

    async def _connected(self) -> asyncpg.Connection:
        if self._closed:
            raise DatabaseAway
        try:
            return await self._connect()
        except OSError as error:
            raise DatabaseAway from error

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
