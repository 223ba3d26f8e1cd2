"""Waking up when something was written, without asking again and again (LISTEN/NOTIFY).

A notification is a hint, never the message: whoever is woken reads the tables. So nothing is lost when the
connection breaks, only the hint; callers also wake up by time.
"""

import asyncio
from collections.abc import Iterable
from types import TracebackType

import asyncpg
import structlog
from sqlalchemy.engine import URL

log = structlog.get_logger("listener")
RETRY_SECONDS = 1.0


class Listener:
    """Listens on channels with one connection of its own and wakes everyone who waits.

    `payload`, when given, limits it to notifications that carry exactly this.
    """

    def __init__(self, url: URL, channels: Iterable[str], *, payload: str | None = None) -> None:
        self._url = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._channels = tuple(channels)
        self._payload = payload
        self._heard = asyncio.Event()
        self.stopped = False
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Listener":
        ready = asyncio.Event()
        self._task = asyncio.create_task(self._listen(ready))
        await ready.wait()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def mark(self) -> asyncio.Event:
        """An event that is set by the next notification. Take it before reading, wait on it after."""
        return self._heard

    async def wait(self, mark: asyncio.Event, seconds: float) -> bool:
        """Until something is heard after `mark` was taken; False when the time is up first."""
        try:
            await asyncio.wait_for(mark.wait(), max(seconds, 0))
        except TimeoutError:
            return False
        return True

    def wake(self) -> None:
        """Wakes everyone who waits, as a notification does."""
        heard, self._heard = self._heard, asyncio.Event()
        heard.set()

    def stop(self) -> None:
        """Lets everyone who waits go, so that the process can end."""
        self.stopped = True
        self.wake()

    def _on_notification(self, connection: object, pid: int, channel: str, payload: object) -> None:
        if self._payload is None or payload == self._payload:
            self.wake()

    async def _listen(self, ready: asyncio.Event) -> None:
        while True:
            try:
                await self._hold(ready)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("the connection is lost", error=type(error).__name__)
            ready.set()
            await asyncio.sleep(RETRY_SECONDS)

    async def _hold(self, ready: asyncio.Event) -> None:
        connection = await asyncpg.connect(self._url)
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            for channel in self._channels:
                await connection.add_listener(channel, self._on_notification)
            ready.set()
            self.wake()
            await lost.wait()
        finally:
            connection.terminate()
