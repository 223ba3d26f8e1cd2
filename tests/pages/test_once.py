"""A form that is sent twice is taken once: a second click, a reload, a slow line."""

import asyncio
import re

import pytest

from tests.pages.conftest import Visit
from tests.tools.conftest import Scene

pytestmark = pytest.mark.asyncio(loop_scope="session")


def key_in(html: str) -> str:
    found = re.search(r'name="once" value="([^"]+)"', html)
    assert found
    return found[1]


async def replies(scene: Scene) -> int:
    topic = await scene.reader.take(f"/topics/{scene.topic['id']}")
    return int(topic["reply_count"])


async def test_a_second_click_posts_nothing(scene: Scene, visit: Visit) -> None:
    author, slug = await visit("author"), scene.topic["space"]["slug"]
    key = key_in((await author.see(f"/s/{slug}/new")).html)
    typed = {"kind": "question", "title": "Asked by a double click", "tags": "", "body": "x", "once": key}
    sent = await asyncio.gather(*(author.send(f"/s/{slug}/new", **typed) for _ in range(4)))
    assert [s.status for s in sent] == [303] * 4
    assert len({s.where for s in sent}) == 1
    space = await scene.reader.take(f"/topics?space={scene.space}")
    assert [t["title"] for t in space["data"]].count("Asked by a double click") == 1


async def test_another_text_in_the_same_form_is_another_reply(scene: Scene, visit: Visit) -> None:
    """Whoever goes back in the browser finds the form with the key it had."""
    member, path = await visit("member"), f"/topics/{scene.topic['id']}/reply"
    before = await replies(scene)
    first = await member.send(path, body="One", once="k")
    second = await member.send(path, body="Two", once="k")
    assert first.where != second.where
    assert await replies(scene) == before + 2


async def test_a_key_is_a_persons_own(scene: Scene, visit: Visit) -> None:
    path = f"/topics/{scene.topic['id']}/reply"
    first = await (await visit("member")).send(path, body="The same words", once="k")
    second = await (await visit("author")).send(path, body="The same words", once="k")
    assert (first.status, second.status) == (303, 303)
    assert first.where != second.where


async def test_what_was_not_taken_or_only_looked_at_can_be_sent_again(scene: Scene, visit: Visit) -> None:
    member, path = await visit("member"), f"/topics/{scene.topic['id']}/reply"
    assert (await member.send(path, body=" ", once="k")).status == 422
    assert (await member.send(f"{path}/preview", body="Words", once="k")).status == 200
    before = await replies(scene)
    assert (await member.send(path, body="Words", once="k")).status == 303
    assert await replies(scene) == before + 1
