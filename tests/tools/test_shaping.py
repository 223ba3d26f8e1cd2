"""Changing spaces and groups through the API: by whom, from which version, and what follows."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.kernel.actor import ANYONE, MEMBERS
from shared.tools.spaces.groups import MANAGERS
from tests.tools.conftest import ACTORS, Scene
from tests.tools.house import House

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANY = {"if-match": "*"}
EDITS = {"guest": 401, "stranger": 404, "manager": 200} | dict.fromkeys(
    ("reader", "member", "author", "moderator"), 403
)
NO_GROUPS = dict.fromkeys(ACTORS, 403) | {"guest": 401}


@pytest.mark.parametrize("actor", ACTORS)
async def test_who_may_change_a_space(scene: Scene, actor: str) -> None:
    answer = await scene.people[actor]("PATCH", f"/spaces/{scene.space}", {"name": "New"}, headers=ANY)
    assert answer.status_code == EDITS[actor], answer.text


@pytest.mark.parametrize("actor", ACTORS)
async def test_who_may_see_rename_and_remove_a_group(house: House, scene: Scene, actor: str) -> None:
    path, caller = f"/groups/{await house.group()}", scene.people[actor]
    expected = NO_GROUPS | {"manager": 200}
    assert (await caller.get(path)).status_code == expected[actor]
    renamed = await caller("PATCH", path, {"name": "Better"}, headers=ANY)
    assert renamed.status_code == expected[actor]
    assert (await caller("DELETE", path)).status_code == (NO_GROUPS | {"manager": 204})[actor]


async def test_who_holds_manage_in_a_space_may_change_it(house: House) -> None:
    holder = await house.person("holder")
    space = await house.space({await house.group(holder): "manage"})
    edited = await holder.send("PATCH", f"/spaces/{space}", {"goal": "Mine."}, headers=ANY)
    assert edited["goal"] == "Mine."


async def test_a_space_is_changed_as_said_and_no_further(scene: Scene) -> None:
    path = f"/spaces/{scene.space}"
    before = await scene.manager.take(path)
    wanted = {"name": "Pumps & valves", "goal": "Keep them tight.", "kinds": ["question"], "position": 7}
    edited = await scene.manager.send("PATCH", path, wanted, headers={"if-match": f'"v{before["version"]}"'})
    assert {name: edited[name] for name in wanted} == wanted
    assert edited["version"] == before["version"] + 1
    assert (edited["slug"], edited["archived_at"]) == (before["slug"], None)
    assert await scene.manager.take(path) == edited


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"kinds": ["poem"]}, "spaces.unknown_kind"),
        ({"kinds": []}, "request.too_short"),
        ({"name": " "}, "request.string_too_short"),
        ({"position": -1}, "request.greater_than_equal"),
        ({"slug": "other"}, "request.extra_forbidden"),
    ],
)
async def test_what_does_not_fit_a_space(scene: Scene, wanted: dict[str, Any], code: str) -> None:
    refused = await scene.manager("PATCH", f"/spaces/{scene.space}", wanted, headers=ANY)
    assert refused.status_code == 422
    assert [fault["code"] for fault in refused.json()["errors"]] == [code]


async def test_nobodys_change_is_lost(house: House, scene: Scene) -> None:
    for path in (f"/spaces/{scene.space}", f"/groups/{await house.group()}"):
        version = (await scene.manager.take(path))["version"]
        known = {"if-match": f'"v{version}"'}
        assert (await scene.manager("PATCH", path, {"name": "First"})).status_code == 428
        assert (await scene.manager("PATCH", path, {"name": "First"}, headers=known)).status_code == 200
        assert (await scene.manager("PATCH", path, {"name": "Second"}, headers=known)).status_code == 412
        assert (await scene.manager.take(path))["name"] == "First"


async def test_an_archived_space_is_read_and_moderated_only(scene: Scene) -> None:
    path, topic = f"/spaces/{scene.space}", f"/topics/{scene.topic['id']}"
    archived = await scene.manager.send("PATCH", path, {"archived": True}, headers=ANY)
    assert archived["archived_at"] is not None
    again = await scene.manager.send("PATCH", path, {"archived": True}, headers=ANY)
    assert again["archived_at"] == archived["archived_at"]
    new = {"space": str(scene.space), "kind": "question", "title": "One more", "body": "Text"}
    for name in ("reader", "member", "author"):
        person = scene.people[name]
        assert (await person.take(path))["level"] == "see"
        assert "reply" not in (await person.take(topic))["can"]
        assert (await person("POST", f"{topic}/posts", {"body": "Text"})).status_code == 403
        assert (await person("POST", "/topics", new)).status_code == 403
    assert (await scene.moderator("POST", f"{topic}/posts", {"body": "The end."})).status_code == 201
    assert (await scene.stranger.get(path)).status_code == 404
    opened = await scene.manager.send("PATCH", path, {"archived": False}, headers=ANY)
    assert opened["archived_at"] is None
    assert (await scene.author("POST", "/topics", new)).status_code == 201


async def test_a_group_is_removed_when_nothing_hangs_on_it(house: House, scene: Scene) -> None:
    group = await house.group(scene.stranger)
    space = await house.space({group: "see"})
    refused = await scene.manager("DELETE", f"/groups/{group}")
    assert (refused.status_code, refused.json()["code"]) == (409, "spaces.group_in_use")
    name = (await scene.manager.take(f"/spaces/{space}"))["name"]
    assert name in refused.json()["detail"]
    grants = {"grants": [{"group": str(MEMBERS), "level": "see"}]}
    await scene.manager.put(f"/spaces/{space}/grants", grants, headers=ANY)
    await scene.manager.delete(f"/groups/{group}")
    assert (await scene.manager.get(f"/groups/{group}")).status_code == 404
    assert (await scene.manager("DELETE", f"/groups/{uuid4()}")).status_code == 404


@pytest.mark.parametrize("group", [ANYONE, MEMBERS, MANAGERS])
async def test_the_communitys_own_groups_stay(scene: Scene, group: UUID) -> None:
    for method, body in (("PATCH", {"name": "Mine"}), ("DELETE", None)):
        refused = await scene.manager(method, f"/groups/{group}", body, headers=ANY)
        assert (refused.status_code, refused.json()["code"]) == (409, "spaces.group_kept")
