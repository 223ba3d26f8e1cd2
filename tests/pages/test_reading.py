"""Who sees which page: one table for both communities, and the structure of every page."""

import pytest

from tests.pages.conftest import Visit
from tests.pages.visitor import Visitor
from tests.tools.conftest import ACTORS, Scene
from tests.tools.house import House

pytestmark = pytest.mark.asyncio(loop_scope="session")


def addresses(scene: Scene, slug: str) -> dict[str, str]:
    topic, reply, comment = scene.topic, scene.reply, scene.comment
    return {
        "front": "/",
        "space": f"/s/{slug}",
        "topic": f"/t/{topic['id']}/{topic['slug']}",
        "comments": f"/p/{reply['id']}/comments",
        "history": f"/p/{reply['id']}/history",
        "find": f"/p/{comment['id']}",
        "new": f"/s/{slug}/new",
        "choose": "/new",
        "edit topic": f"/p/{topic['post']['id']}/edit",
        "edit reply": f"/p/{reply['id']}/edit",
        "remove topic": f"/topics/{topic['id']}/remove",
        "remove reply": f"/p/{reply['id']}/remove",
        "author": f"/people/{topic['author']['id']}",
        "me": "/me",
        "search": "/search?q=question",
        "manage": "/manage",
        "grants": f"/manage/spaces/{scene.space}",
    }


# guest (of the open community), stranger, reader, member (replies), author, moderator, manager
WHO_SEES = {
    "front": (200, 200, 200, 200, 200, 200, 200),
    "space": (404, 404, 200, 200, 200, 200, 200),
    "topic": (404, 404, 200, 200, 200, 200, 200),
    "comments": (404, 404, 200, 200, 200, 200, 200),
    "history": (404, 404, 200, 200, 200, 200, 200),
    "find": (404, 404, 303, 303, 303, 303, 303),
    "new": (404, 404, 403, 403, 200, 200, 200),
    "choose": (401, 200, 200, 200, 200, 200, 200),
    "edit topic": (404, 404, 403, 403, 200, 200, 200),
    "edit reply": (404, 404, 403, 200, 403, 200, 200),
    "remove topic": (404, 404, 403, 403, 403, 200, 200),
    "remove reply": (404, 404, 403, 200, 403, 200, 200),
    "author": (404, 200, 200, 200, 200, 200, 200),
    "me": (401, 200, 200, 200, 200, 200, 200),
    "search": (200, 200, 200, 200, 200, 200, 200),
    "manage": (404, 404, 404, 404, 404, 404, 200),
    "grants": (404, 404, 404, 404, 404, 404, 200),
}


@pytest.mark.parametrize("page", WHO_SEES)
async def test_who_sees_which_page(house: House, scene: Scene, visit: Visit, page: str) -> None:
    path = addresses(scene, scene.topic["space"]["slug"])[page]
    for actor, expected in zip(ACTORS, WHO_SEES[page], strict=True):
        if actor == "guest" and not house.composition.anonymous_reading:
            expected = 401
        shown = await (await visit(actor)).ask("GET", path)
        assert shown.status == expected, f"{actor} at {path}"
        if shown.status != 303:
            assert shown.outline().complaints() == [], f"{actor} at {path}"


async def walk(visitor: Visitor, start: str, *, most: int = 150) -> dict[str, int]:
    """All pages that can be reached by links, with the status of each."""
    seen: dict[str, int] = {}
    todo = [start]
    while todo and len(seen) < most:
        path = todo.pop()
        shown = await visitor.ask("GET", path)
        seen[path] = shown.status
        found = [shown.where] if shown.where else []
        if shown.status == 200:
            outline = shown.outline()
            assert outline.complaints() == [], path
            found += outline.links
        for link in found:
            clean = link.split("#")[0]
            if clean.startswith("/") and clean not in seen and not clean.startswith(("/sign-in", "/docs")):
                todo.append(clean)
    return seen


@pytest.mark.parametrize("actor", ["reader", "member", "author", "moderator", "manager"])
async def test_every_link_leads_somewhere(scene: Scene, visit: Visit, actor: str) -> None:
    """No page offers an address that its reader may not open."""
    seen = await walk(await visit(actor), f"/s/{scene.topic['space']['slug']}")
    assert len(seen) > 5
    assert {path: status for path, status in seen.items() if status not in (200, 301, 303)} == {}


async def test_lists_show_what_one_may_see(house: House, scene: Scene, visit: Visit) -> None:
    for actor in ACTORS:
        visitor = await visit(actor)
        if actor == "guest" and not house.composition.anonymous_reading:
            continue
        expected = actor not in ("guest", "stranger")
        for path in (f"/people/{scene.topic['author']['id']}", "/"):
            shown = await visitor.ask("GET", path)
            assert (str(scene.topic["id"]) in shown.html) is expected, f"{actor} at {path}"
        assert (scene.topic["space"]["slug"] in (await visitor.ask("GET", "/")).html) is expected
        found = await visitor.ask("GET", "/search?q=question+of+mine")
        assert (str(scene.topic["post"]["id"]) in found.html) is expected, f"{actor} searching"


async def test_filters_of_a_space(scene: Scene, visit: Visit) -> None:
    author, slug = await visit("author"), scene.topic["space"]["slug"]
    await author.send(f"/s/{slug}/new", kind="discussion", title="A plain talk", body="Talk", tags="b")
    all_of_it = await author.see(f"/s/{slug}")
    assert all_of_it.says(scene.topic["title"])
    assert all_of_it.says("A plain talk")
    for query, first, second in (
        ("kind=question", True, False),
        ("kind=discussion", False, True),
        ("tag=a", True, False),
        ("tag=b", False, True),
        ("tag=a&kind=discussion", False, False),
    ):
        shown = await author.see(f"/s/{slug}?{query}")
        assert (shown.says(scene.topic["title"]), shown.says("A plain talk")) == (first, second), query


async def test_older_and_newest(scene: Scene, visit: Visit) -> None:
    slug = scene.topic["space"]["slug"]
    for number in range(30):
        await scene.author.post(
            "/topics", space=scene.space, kind="question", title=f"No. {number:02}", body="b"
        )
    reader = await visit("reader")
    first = await reader.see(f"/s/{slug}")
    assert first.says("No. 29")
    assert not first.says("No. 04")
    older = next(link for link in first.outline().links if "cursor=" in link)
    second = await reader.see(older)
    assert second.says("No. 04")
    assert f"/s/{slug}" in second.outline().links
    elsewhere = await (await visit("author")).ask("GET", older)
    assert (elsewhere.status, elsewhere.where) == (303, f"/s/{slug}")


async def test_nothing_bad_is_a_failure(scene: Scene, visit: Visit) -> None:
    """Odd addresses are answered with a page of ours, and never a 500."""
    reader, slug = await visit("reader"), scene.topic["space"]["slug"]
    for path in (
        "/s/%00",
        "/s/no-such-space",
        f"/s/{slug}?tag=%00&kind=%00",
        f"/s/{slug}?cursor=zzz",
        f"/s/{slug}?tag={'x' * 400}",
        "/t/not-an-id/slug",
        f"/t/{scene.topic['id']}/%00",
        "/p/1",
        "/people/nobody",
        "/search?q=%00%01",
        "/search?q=" + "x" * 900,
        "/search?q=a&space=nowhere",
        "/search?q=a&space=&kind=",
        "/nowhere",
        "/manage/spaces/1",
    ):
        shown = await reader.ask("GET", path)
        assert shown.status in (200, 301, 303, 404, 422), f"{path}: {shown.status}"
