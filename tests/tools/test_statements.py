"""How many statements each operation takes: a fixed number, whatever there is in the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from tests.tools.conftest import Scene
from tests.tools.house import Caller, House

pytestmark = pytest.mark.asyncio(loop_scope="session")


@contextmanager
def statements(house: House) -> Iterator[list[str]]:
    """Every statement of the app's database meanwhile, but for BEGIN and COMMIT."""
    database = house.app.state.edge.database
    seen: list[str] = []

    def written(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    database.observe = seen.append
    event.listen(database.engine.sync_engine, "before_cursor_execute", written)
    try:
        yield seen
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", written)
        database.observe = None


async def count(house: House, caller: Caller, method: str, path: str, body: Any = None) -> int:
    with statements(house) as seen:
        answer = await caller(method, path, body)
    assert answer.status_code < 300, answer.text
    return len(seen)


@pytest.mark.parametrize("replies", [0, 30])
async def test_reading_takes_one_and_one_to_know_who_asks(scene: Scene, replies: int) -> None:
    topic, house = scene.topic["id"], scene.house
    for n in range(replies):
        post = await scene.member.post(f"/topics/{topic}/posts", body=f"Reply {n}")
        await scene.member.post(f"/topics/{topic}/posts", body="Comment", reply_to=post["id"])
    space, post = scene.space, scene.reply["id"]
    for path in (
        f"/topics?space={space}",
        f"/topics/{topic}",
        f"/search?q=reply&space={space}",
        "/spaces",
        f"/spaces/{space}",
        f"/posts/{post}",
    ):
        assert await count(house, scene.reader, "GET", path) == 1 + 1, path
    assert await count(house, scene.reader, "GET", f"/topics/{topic}/posts?limit=20") == 1 + 2


async def test_a_guest_is_asked_nothing(scene: Scene) -> None:
    house = scene.house
    assert await count(house, scene.guest, "GET", "/topics") == 1
    assert await count(house, scene.guest, "GET", "/search?q=reply") == 1
    if house.composition.anonymous_reading:
        space = await house.space(anyone=True, members="post")
        topic = await scene.member.post("/topics", space=space, kind="question", title="For all", body="x")
        assert await count(house, scene.guest, "GET", f"/topics/{topic['id']}") == 1
        assert await count(house, scene.guest, "GET", f"/topics/{topic['id']}/posts") == 2


async def test_writing_takes_a_fixed_number(scene: Scene) -> None:
    """One to know who asks, one to see what it is about, one to show what became of it; the rest writes."""
    house, topic, reply = scene.house, scene.topic["id"], scene.reply["id"]
    posts = f"/topics/{topic}/posts"
    assert await count(house, scene.member, "POST", posts, {"body": "x"}) == 3 + 3
    assert await count(house, scene.member, "POST", posts, {"body": "x", "reply_to": reply}) == 3 + 5
    assert await count(house, scene.author, "PUT", f"/posts/{reply}/reactions/like") == 3 + 3
    assert await count(house, scene.author, "PUT", f"/posts/{reply}/vote", {"value": 1}) == 3 + 5
    assert await count(house, scene.member, "PATCH", f"/posts/{reply}", {"body": "y"}) == 3 + 5
    start = {"space": str(scene.space), "kind": "question", "title": "New one", "body": "x"}
    assert await count(house, scene.author, "POST", "/topics", start) == 3 + 5


async def test_a_token_seen_again_is_not_looked_up_at_identity(house: House) -> None:
    member = await house.person()
    before = house.identity.key_reads
    for _ in range(3):
        await member.take("/me")
    assert house.identity.key_reads == before
