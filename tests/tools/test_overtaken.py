"""Posts are compared by how often they were edited, so that nobody's work is lost."""

import pytest

from tests.tools.conftest import Scene

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_if_match_refuses_to_overwrite_an_edit(scene: Scene) -> None:
    where = f"/posts/{scene.reply['id']}"
    tag = (await scene.people["member"].get(where)).headers["etag"]
    moderator = scene.people["moderator"]
    first = await moderator("PATCH", where, {"body": "Mended"}, headers={"If-Match": tag})
    assert first.status_code == 200, first.text
    late = await moderator("PATCH", where, {"body": "Late"}, headers={"If-Match": tag})
    assert late.status_code == 412
    assert late.json()["code"] == "request.stale"
    assert late.json()["current_version"] == 1
    fresh = {"If-Match": first.headers["etag"]}
    assert (await moderator("PATCH", where, {"body": "On top"}, headers=fresh)).status_code == 200


async def test_a_vote_or_reaction_meanwhile_does_not_matter(scene: Scene) -> None:
    where = f"/posts/{scene.reply['id']}"
    tag = (await scene.people["member"].get(where)).headers["etag"]
    await scene.people["member"].put(f"{where}/reactions/like")
    edited = await scene.people["moderator"]("PATCH", where, {"body": "Mended"}, headers={"If-Match": tag})
    assert edited.status_code == 200


async def test_revisions_come_in_pages(scene: Scene) -> None:
    where = f"/posts/{scene.reply['id']}"
    for number in range(3):
        assert (await scene.people["moderator"]("PATCH", where, {"body": f"{number}"})).status_code == 200
    first = (await scene.people["member"].get(f"{where}/revisions?limit=2")).json()
    assert [revision["number"] for revision in first["data"]] == [3, 2]
    rest = (
        await scene.people["member"].get(f"{where}/revisions?limit=2&cursor={first['next_cursor']}")
    ).json()
    assert [revision["number"] for revision in rest["data"]] == [1]
    assert rest["next_cursor"] is None
