"""Where the time of a topic list goes: `python -m shared.launch scratch python -m bench.parts`.

The app is called in this process, without a server; each figure is the least of twelve batches, in µs of CPU.
"""

import os
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
import typer
import uvloop
from starlette.requests import Request

from bench import stage
from customer_service.app import create_app
from customer_service.settings import Settings
from shared.db.context import ReadContext
from shared.db.query import Query, Row
from shared.kernel.actor import GUEST
from shared.tools.topics.api import TOPICS
from shared.tools.topics.reading import TopicFilter, TopicReader

Work = Callable[[], Awaitable[object]]


class Remembered:
    """A reader that asks the database once and then gives the same rows."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self._rows: Sequence[Row] | None = None

    async def all(self, query: Query, **params: Any) -> Sequence[Row]:
        if self._rows is None:
            self._rows = await self._reader.all(query, **params)
        return self._rows

    async def first(self, query: Query, **params: Any) -> Row | None:
        rows = await self.all(query, **params)
        return rows[0] if rows else None


async def least(work: Work, *, batches: int = 12, times: int = 120) -> float:
    found = []
    for _ in range(batches):
        before = time.process_time()
        for _ in range(times):
            await work()
        found.append((time.process_time() - before) / times * 1e6)
    return min(found)


def asked(path: str, query: str = "") -> dict[str, Any]:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "scheme": "http",
        "root_path": "",
        "state": {},
    }


async def run(app: Any) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        return None

    async def page_as_bytes() -> None:
        TOPICS.page(Request(asked("/api/v1/topics", "limit=25")), page)

    edge, catalog = app.state.edge, app.state.catalog
    async with app.router.lifespan_context(app):
        context = ReadContext(GUEST, edge.database.reader, edge.clock, edge.cursors)
        reading = TopicReader(context, catalog)
        without = TopicReader(
            ReadContext(GUEST, Remembered(context.reader), edge.clock, edge.cursors), catalog
        )
        page = await without.topics(TopicFilter())
        parts: dict[str, Work] = {
            "the whole request": lambda: app(asked("/api/v1/topics", "limit=25"), receive, send),
            "an endpoint that does nothing (/healthz)": lambda: app(asked("/healthz"), receive, send),
            "reading, with the database": lambda: reading.topics(TopicFilter()),
            "reading, without the database": lambda: without.topics(TopicFilter()),
            "views to bytes, ETag and Link": page_as_bytes,
        }
        for name, work in parts.items():
            typer.echo(f"{name:44}{await least(work):6.0f} µs")


def main() -> None:
    target, _ = stage.prepare_database(os.environ["ADMIN_DATABASE_URL"])
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    os.environ |= stage.environment(target, stage.Issuer(), "http://localhost:8002")
    uvloop.run(run(create_app(Settings())))


if __name__ == "__main__":
    main()
