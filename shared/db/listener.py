"""One connection that hears notifications (LISTEN/NOTIFY), made again whenever it is lost.

A notification is a hint, never the message: whoever hears it reads the tables. So nothing is lost when the
connection breaks, only the hint; callers also look by time.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import NoReturn

import asyncpg
import structlog
from sqlalchemy.engine import URL

log = structlog.get_logger("listener")
RETRY_SECONDS = 1.0

Heard = Callable[[str | None, str], None]
"""Called with channel and payload; with None and "" whenever the connection stands anew: then look at all."""


async def listen(url: URL, channels: Iterable[str], heard: Heard) -> NoReturn:
    """Calls `heard` for each notification on `channels`, until it is cancelled. Being unable to connect is no
    error: it is logged and tried again each second."""
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    while True:
        try:
            await _hold(address, tuple(channels), heard)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("not listening", error=type(error).__name__)
        await asyncio.sleep(RETRY_SECONDS)


async def _hold(address: str, channels: tuple[str, ...], heard: Heard) -> None:
    def called(connection: object, pid: int, channel: str, payload: object) -> None:
        heard(channel, str(payload))

    connection = await asyncpg.connect(address)
    try:
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        for channel in channels:
            await connection.add_listener(channel, called)
        heard(None, "")
        await lost.wait()
    finally:
        connection.terminate()
