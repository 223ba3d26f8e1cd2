"""A change of grants says first who gains and who loses sight, and that is what happens."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from shared.kernel.actor import ANYONE, MEMBERS
from shared.tools.spaces.sight import NAMED
from tests.tools.conftest import ACTORS, Scene
from tests.tools.house import Caller

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def seeing(scene: Scene) -> set[str]:
    """The actors who see the space."""
    path = f"/spaces/{scene.space}"
    return {name for name in ACTORS if (await scene.people[name].get(path)).status_code == 200}


async def groups_of(scene: Scene) -> dict[str, str]:
    """The groups that hold the reader, the member, the author and the moderator."""
    grants = (await scene.manager.take(f"/spaces/{scene.space}/grants"))["data"]
    names = {"see": "reader", "reply": "member", "post": "author", "moderate": "moderator"}
    return {names[g["level"]]: g["group"] for g in grants if g["level"] in names}


async def preview(scene: Scene, wanted: dict[str, str], caller: Caller | None = None) -> Any:
    listed = [{"group": str(group), "level": level} for group, level in wanted.items()]
    path = f"/spaces/{scene.space}/grants/preview"
    return await (caller or scene.manager).send("POST", path, {"grants": listed})


async def put(scene: Scene, wanted: dict[str, str], version: int) -> None:
    listed = [{"group": str(group), "level": level} for group, level in wanted.items()]
    path, tag = f"/spaces/{scene.space}/grants", {"if-match": f'"v{version}"'}
    await scene.manager.put(path, {"grants": listed}, headers=tag)


async def accounts(scene: Scene) -> int:
    async with scene.house.database.transaction() as session:
        counted = await session.execute(text("select count(*) from people where sub is not null and active"))
        return int(counted.scalar_one())


async def by_name(scene: Scene, names: set[str]) -> set[str]:
    return {str(scene.people[name].id) for name in names if name != "guest"}


async def test_what_is_said_is_what_happens(scene: Scene) -> None:
    groups = await groups_of(scene)
    strangers = str(await scene.house.group(scene.stranger, scene.member))
    changes: list[dict[str, str]] = [
        {strangers: "see", groups["author"]: "post"},
        {groups["reader"]: "moderate", groups["member"]: "see"},
        {strangers: "manage", **dict.fromkeys(groups.values(), "see")},
        {groups["moderator"]: "see"},
    ]
    for wanted in changes:
        before, said = await seeing(scene), await preview(scene, wanted)
        assert await seeing(scene) == before, "nothing is changed"
        await put(scene, wanted, said["version"])
        after = await seeing(scene)
        for side, names in (("gain", after - before), ("lose", before - after)):
            assert {person["id"] for person in said[side]["names"]} == await by_name(scene, names)
            assert said[side]["people"] == len(names)
            assert (said[side]["guests"], said[side]["newcomers"]) == (False, False)
        space = await scene.manager.take(f"/spaces/{scene.space}")
        assert space["audience"] == said["audience_after"]


async def test_all_members_are_counted_and_the_first_are_named(scene: Scene) -> None:
    for _ in range(NAMED):
        await scene.house.person()
    groups = await groups_of(scene)
    inside = len(await by_name(scene, await seeing(scene)))
    opened = await preview(scene, {str(MEMBERS): "see"})
    others = await accounts(scene) - inside
    managers = await scene.manager.take("/groups")
    assert managers["data"]
    assert opened["gain"]["newcomers"]
    assert not opened["gain"]["guests"]
    assert opened["gain"]["people"] == others
    assert len(opened["gain"]["names"]) == NAMED
    assert (opened["lose"]["people"], opened["lose"]["newcomers"]) == (0, False)
    await put(scene, {str(MEMBERS): "see"}, opened["version"])
    closed = await preview(scene, {groups["author"]: "post"})
    assert closed["lose"]["newcomers"]
    assert closed["lose"]["people"] == await accounts(scene) - 2, "the author and the manager stay"
    assert closed["gain"] == {"guests": False, "newcomers": False, "people": 0, "names": []}
    same = await preview(scene, {str(MEMBERS): "reply"})
    assert (same["gain"]["people"], same["lose"]["people"]) == (0, 0)
    assert [(c["before"], c["after"]) for c in same["changes"]] == [("see", "reply")]


async def test_the_world(scene: Scene) -> None:
    wanted = {str(ANYONE): "see"}
    if not scene.house.composition.anonymous_reading:
        listed = {"grants": [{"group": str(ANYONE), "level": "see"}]}
        answer = await scene.manager("POST", f"/spaces/{scene.space}/grants/preview", listed)
        assert answer.json()["code"] == "spaces.anonymous_not_allowed"
        return
    said = await preview(scene, wanted)
    assert (said["gain"]["guests"], said["gain"]["newcomers"]) == (True, True)
    assert said["audience_after"] == "Everyone on the internet"
    await put(scene, wanted, said["version"])
    assert await seeing(scene) == set(ACTORS)
    for less, guests in ((str(MEMBERS), True), (str(ANYONE), False)):
        back = await preview(scene, {less: "see"})
        assert back["lose"]["guests"] is guests
        assert back["lose"]["people"] == 0


async def test_who_manages_one_space_is_told_how_many_and_not_who(scene: Scene) -> None:
    """Who is in a group is for community managers to know."""
    groups, owner = await groups_of(scene), await scene.house.person()
    mine = str(await scene.house.group(owner))
    await put(scene, {mine: "manage", groups["reader"]: "see"}, 2)
    said = await preview(scene, {mine: "manage"}, owner)
    assert (said["lose"]["people"], said["lose"]["names"]) == (1, [])


async def test_what_put_would_refuse_is_refused(scene: Scene) -> None:
    path = f"/spaces/{scene.space}/grants/preview"
    for group, level in ((uuid4(), "see"), (UUID(int=0), "see")):
        listed = {"grants": [{"group": str(group), "level": level}]}
        answer = await scene.manager("POST", path, listed)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "spaces.unknown_group")
