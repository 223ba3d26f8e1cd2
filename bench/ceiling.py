"""The ceiling: the same statements over the same rows, by asyncpg behind a bare Starlette app that answers
bytes made beforehand. Nothing that does the same work in this language and on this machine does it with less.

Run by `python -m bench`; `BENCH_PLAN` holds the statements with their arguments.
"""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.kernel.ids import new_id

Statement = tuple[str, list[Any]]


def argument(value: Any) -> Any:
    """A value of the plan: UUIDs travel as `{"uuid": …}`, moments as `{"at": …}`."""
    if isinstance(value, dict):
        return UUID(value["uuid"]) if "uuid" in value else datetime.fromisoformat(value["at"])
    return [argument(v) for v in value] if isinstance(value, list) else value


class ReadConnection(asyncpg.Connection):  # type: ignore[misc] # asyncpg carries no types
    """A connection that is not reset at each release, which would cost a round trip: it only reads."""

    def get_reset_query(self) -> str:
        return ""


class Ceiling:
    def __init__(self, plan: dict[str, Any]) -> None:
        self.url: str = plan["url"]
        self.answers = {name: os.urandom(size) for name, size in plan["sizes"].items()}
        self.plan: dict[str, list[Statement]] = {
            name: [(sql, argument(arguments)) for sql, arguments in statements]
            for name, statements in plan["reads"].items()
        }
        self.topic, self.author = UUID(plan["topic"]), UUID(plan["author"])
        self.html: str = plan["html"]
        self.body: str = plan["body"]
        self.pool: asyncpg.Pool

    def read(self, name: str) -> Any:
        statements, answer = self.plan[name], self.answers[name]

        async def endpoint(request: Request) -> Response:
            for sql, arguments in statements:
                async with self.pool.acquire() as connection:
                    await connection.fetch(sql, *arguments)
            return Response(answer)

        return endpoint

    async def write(self, request: Request) -> Response:
        """One bare transaction with the rows that a reply writes."""
        await request.body()
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "insert into posts (id, topic_id, author_id, body, html, created_at) "
                "values ($1, $2, $3, $4, $5, now())",
                new_id(), self.topic, self.author, self.body, self.html,
            )  # fmt: skip
            await connection.execute(
                "update topics set reply_count = reply_count + 1, last_post_at = now(), "
                "version = version + 1 where id = $1",
                self.topic,
            )
            await connection.execute(
                "insert into outbox (id, name, payload, created_at, available_at, attempts) "
                "values ($1, 'topics.topic_changed', $2, now(), now(), 0)",
                new_id(), json.dumps({"topic_id": str(self.topic)}),
            )  # fmt: skip
        return Response(self.answers["reply"], 201)


def starlette_app() -> Starlette:
    """`uvicorn bench.ceiling:starlette_app --factory`."""
    with open(os.environ["BENCH_PLAN"], encoding="utf-8") as file:
        ceiling = Ceiling(json.load(file))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with asyncpg.create_pool(
            ceiling.url, max_size=10, connection_class=ReadConnection
        ) as ceiling.pool:
            yield

    routes = [Route(f"/{name}", ceiling.read(name)) for name in ceiling.plan]
    return Starlette(routes=[*routes, Route("/reply", ceiling.write, methods=["POST"])], lifespan=lifespan)


def fastapi_app() -> FastAPI:
    """FastAPI's empty endpoint."""
    app = FastAPI()

    @app.get("/empty")
    async def empty() -> dict[str, str]:
        return {}

    return app
