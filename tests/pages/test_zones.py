"""Pages say times in the zone of the profile, and in UTC to guests."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from shared.tools.topics.models import Post, Topic
from tests.pages.conftest import Visit
from tests.tools.conftest import Scene
from tests.tools.house import House

pytestmark = pytest.mark.asyncio(loop_scope="session")

LONG_AGO = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
IN_UTC, IN_DUBAI = "31 January 2026, 23:30 UTC", "1 February 2026, 03:30 UTC+04"


async def age(house: House, scene: Scene) -> None:
    async with house.database.transaction() as session:
        posts = update(Post).where(Post.topic_id == scene.topic["id"]).values(created_at=LONG_AGO)
        topic = update(Topic).where(Topic.id == scene.topic["id"])
        await session.execute(posts)
        await session.execute(topic.values(created_at=LONG_AGO, last_post_at=LONG_AGO))


async def test_dates_stand_in_the_zone_of_the_profile(house: House, scene: Scene, visit: Visit) -> None:
    await age(house, scene)
    slug = scene.topic["space"]["slug"]
    member = await visit("member")
    pages = (f"/t/{scene.topic['id']}/{scene.topic['slug']}", f"/s/{slug}")
    for path in pages:
        assert (await member.see(path)).says(IN_UTC), "nothing chosen yet"
    assert (await member.send("/me", bio="", time_zone="Asia/Dubai")).status == 303
    for path in pages:
        shown = await member.see(path)
        assert shown.says(f'title="{IN_DUBAI}"')
        assert shown.says(">1 Feb 2026<")
        assert not shown.says("31 Jan")
    profile = await member.see(f"/people/{scene.member.id}")
    assert "UTC+04</time>" in profile.html
    reader = await visit("reader")
    assert (await reader.see(pages[0])).says(IN_UTC), "everybody has their own"


async def test_guests_are_told_utc(house: House, scene: Scene, visit: Visit) -> None:
    if not house.composition.anonymous_reading:
        pytest.skip("a closed community")
    space = await house.space(members="post", anyone=True)
    topic = await scene.author.post("/topics", space=space, kind="discussion", title="Open", body="Read me")
    shown = await (await visit("guest")).see(f"/t/{topic['id']}/{topic['slug']}")
    assert shown.html.count(' UTC"') >= 1
