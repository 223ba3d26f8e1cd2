"""How many statements a page costs: two for a topic, one more to know who asks."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import pytest_asyncio

from shared.db.engine import Database
from shared.web.edge import Edge
from tests.pages.conftest import Visit
from tests.tools.conftest import Scene
from tests.tools.house import House

pytestmark = pytest.mark.asyncio(loop_scope="session")


TEXT = "A sentence of a common length that says how it went and what was tried. " * 5
"""About 400 characters, as long as people write."""


@contextmanager
def counted(house: House) -> Iterator[list[str]]:
    edge: Edge = house.app.state.edge
    database: Database = edge.database
    statements: list[str] = []
    database.observe = statements.append
    yield statements
    database.observe = None


@pytest_asyncio.fixture(loop_scope="session")
async def open_topic(house: House, scene: Scene) -> str:
    """A topic with 30 replies and comments, open to whoever the community admits."""
    anyone = house.composition.anonymous_reading
    moderators = await house.group(scene.moderator)
    space = await house.space({moderators: "moderate"}, members="post", anyone=anyone)
    topic = await scene.author.post(
        "/topics", space=space, kind="question", title="Busy", body="b", tags=["a"]
    )
    for number in range(30):
        reply = await scene.author.post(f"/topics/{topic['id']}/posts", body=f"No. {number}: {TEXT}")
        if number < 3:
            await scene.author.post(f"/topics/{topic['id']}/posts", body="c", reply_to=reply["id"])
    return f"/t/{topic['id']}/{topic['slug']}"


async def test_a_topic_page(house: House, scene: Scene, visit: Visit, open_topic: str) -> None:
    for actor, expected in (("guest", 2), ("member", 3), ("manager", 3)):
        if actor == "guest" and not house.composition.anonymous_reading:
            continue
        visitor = await visit(actor)
        await visitor.see("/")
        with counted(house) as statements:
            await visitor.see(open_topic)
        assert len(statements) == expected, f"{actor}: {statements}"


async def test_lists(house: House, scene: Scene, visit: Visit, open_topic: str) -> None:
    member = await visit("member")
    slug = scene.topic["space"]["slug"]
    await member.see("/")
    for path, expected in (("/", 2), (f"/s/{slug}", 3), ("/search?q=busy", 2), ("/new", 1), ("/me", 2)):
        with counted(house) as statements:
            await member.see(path)
        assert len(statements) == expected, f"{path}: {statements}"


async def test_weight(house: House, visit: Visit, open_topic: str) -> None:
    """A full topic page stays under 60 KB, whoever looks."""
    for actor in ("guest", "member", "author", "moderator"):
        if actor == "guest" and not house.composition.anonymous_reading:
            continue
        shown = await (await visit(actor)).see(open_topic)
        assert shown.html.count("<article") == 21
        assert len(shown.html.encode()) <= 60 * 1024


async def test_a_post_is_found_on_its_page(house: House, scene: Scene, visit: Visit, open_topic: str) -> None:
    member = await visit("member")
    first = await member.see(open_topic)
    more = next(link for link in first.outline().links if "cursor=" in link)
    second = await member.see(more)
    on_first = [name for name in first.outline().ids if name.startswith("p-")]
    on_second = [name for name in second.outline().ids if name.startswith("p-") and name not in on_first]
    assert len(on_second) == 10
    for name in (*on_first, *on_second):
        led = await member.ask("GET", f"/p/{name[2:]}")
        assert led.status == 303
        assert led.where.endswith(f"#{name}")
        assert name in (await member.see(led.where.split("#")[0])).outline().ids


async def test_many_comments_have_a_page_of_their_own(scene: Scene, visit: Visit) -> None:
    written = [
        await scene.member.post(
            f"/topics/{scene.topic['id']}/posts", body=f"No. {number:02}.", reply_to=scene.reply["id"]
        )
        for number in range(12)
    ]
    member = await visit("member")
    topic = await member.see(f"/t/{scene.topic['id']}/{scene.topic['slug']}")
    assert topic.says("All 13 comments")
    assert not topic.says("No. 11.")
    assert (await member.see(f"/p/{scene.reply['id']}/comments")).says("No. 11.")
    for comment in written:
        led = await member.ask("GET", f"/p/{comment['id']}")
        assert f"p-{comment['id']}" in (await member.see(led.where.split("#")[0])).outline().ids
