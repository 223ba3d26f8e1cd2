"""Whoever sends a body slowly, or never, holds no connection to the database meanwhile."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from sqlalchemy.pool import QueuePool

from shared.web.edge import Edge
from tests.tools.conftest import Scene

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "/posts/{post}/vote"), ("PUT", "/posts/{post}/vote")]
)
async def test_no_connection_is_held_while_the_body_comes(scene: Scene, method: str, path: str) -> None:
    """Also where a route takes no body: its digest belongs to the idempotency key."""
    edge: Edge = scene.house.app.state.edge
    pool = edge.database.engine.sync_engine.pool
    assert isinstance(pool, QueuePool)
    held = []

    async def body() -> AsyncIterator[bytes]:
        for piece in (b'{"value":', b" 1}"):
            held.append(pool.checkedout())
            yield piece

    headers = {"Idempotency-Key": uuid4().hex, "Content-Type": "application/json"}
    url = path.format(post=scene.topic["post"]["id"])
    answer = await scene.member(method, url, headers=headers, content=body())
    assert answer.status_code == 200, answer.text
    assert held == [0, 0]
