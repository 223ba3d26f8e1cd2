"""Rings when the feed has grown, so that those who wait for it need not ask again and again."""

import asyncio
import contextlib
from types import TracebackType

from sqlalchemy.engine import URL

from shared.db.listener import listen

READY_SECONDS = 2.0


class Bell:
    """Wakes everyone who waits when `payload` comes on `channel`, and when the database is reached anew."""

    def __init__(self, url: URL, channel: str, payload: str) -> None:
        self._url = url
        self._channel = channel
        self._payload = payload
        self._rung = asyncio.Event()
        self._ready = asyncio.Event()
        self.stopped = False
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Bell":
        self._task = asyncio.create_task(listen(self._url, [self._channel], self._heard))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ready.wait(), READY_SECONDS)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def mark(self) -> asyncio.Event:
        """An event that is set when the bell rings next. Take it before reading, wait on it after."""
        return self._rung

    async def wait(self, mark: asyncio.Event, seconds: float) -> bool:
        """Until the bell rings after `mark` was taken; False when the time is up first."""
        try:
            await asyncio.wait_for(mark.wait(), max(seconds, 0))
        except TimeoutError:
            return False
        return True

    def ring(self) -> None:
        """Wakes everyone who waits, as a notification does."""
        rung, self._rung = self._rung, asyncio.Event()
        rung.set()

    def stop(self) -> None:
        """Lets everyone who waits go, so that the process can end."""
        self.stopped = True
        self.ring()

    def _heard(self, channel: str | None, payload: str) -> None:
        self._ready.set()
        if channel is None or payload == self._payload:
            self.ring()
