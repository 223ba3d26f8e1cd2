"""Lists of spaces and groups are paged as all lists are."""

from typing import Any

import pytest

from shared.tools.spaces import queries
from tests.tools.conftest import Scene
from tests.tools.house import Caller

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def walk(caller: Caller, path: str, *, limit: int) -> list[dict[str, Any]]:
    """All rows of a list, page by page along the links."""
    found: list[dict[str, Any]] = []
    following = f"/api/v1{path}?limit={limit}"
    while following:
        answer = await caller.get(following)
        page = answer.json()
        assert len(page["data"]) <= limit
        found += page["data"]
        link = answer.headers.get("link", "")
        assert bool(link) == (page["next_cursor"] is not None)
        following = link[1 : link.index(">")] if link else ""
    return found


async def test_spaces_and_groups_are_paged(scene: Scene) -> None:
    manager, caller = scene.manager, scene.reader
    group = await scene.house.group(caller)
    mine = {str(scene.space)} | {str(await scene.house.space({group: "see"})) for _ in range(4)}
    spaces = [row["id"] for row in await walk(caller, "/spaces", limit=2)]
    assert mine <= set(spaces)
    assert len(set(spaces)) == len(spaces)
    assert spaces == [row["id"] for row in (await caller.take("/spaces", limit=100))["data"]]
    assert not mine & {row["id"] for row in await walk(scene.stranger, "/spaces", limit=2)}
    groups = [(row["name"], row["id"]) for row in await walk(manager, "/groups", limit=3)]
    assert str(group) in {row for _, row in groups}
    assert len(set(groups)) == len(groups)


async def test_pages_of_spaces_and_groups_are_bound_like_others(scene: Scene) -> None:
    for path in ("/spaces", "/groups"):
        for bad in ("0", "101", "x", "-1"):
            answer = await scene.manager.get(path, params={"limit": bad})
            assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/limit")
        page = await scene.manager.take(path, limit=1)
        cursor = page["next_cursor"]
        assert len(page["data"]) == 1
        for caller, other in ((scene.manager, "/topics"), (scene.author, "/spaces")):
            answer = await caller.get(other, params={"cursor": cursor})
            assert answer.status_code == 422, (path, other)
    group_cursor = (await scene.manager.take("/groups", limit=1))["next_cursor"]
    assert (await scene.manager.get("/spaces", params={"cursor": group_cursor})).status_code == 422


async def test_what_stands_beside_a_page_has_a_bound(scene: Scene) -> None:
    """A page lists the spaces in one statement, whatever their number."""
    assert str(queries.visible_list().statement).rstrip().partition(" LIMIT ")[2]
    assert queries.MOST_BESIDE_A_PAGE >= 500
