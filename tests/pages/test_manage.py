"""Management: spaces, grants and groups by forms."""

import re
from uuid import uuid4

import pytest

from shared.kernel.actor import ANYONE, MEMBERS
from tests.pages.conftest import Visit
from tests.pages.visitor import Visitor
from tests.tools.conftest import Scene
from tests.tools.house import House

pytestmark = pytest.mark.asyncio(loop_scope="session")


def name() -> str:
    return f"made-{uuid4().hex[:10]}"


async def version_of(manager: Visitor, path: str) -> str:
    """As the preview of a change of grants says it."""
    shown = await manager.send(f"{path}/preview", **{str(MEMBERS): "see"})
    found = re.search(r'name="version" value="(\d+)"', shown.html)
    assert found, shown.html
    return found[1]


async def test_open_a_space_and_let_people_in(house: House, scene: Scene, visit: Visit) -> None:
    manager, stranger, slug = await visit("manager"), await visit("stranger"), name()
    form = {"name": "Pumps & valves", "slug": slug, "goal": "Keep them tight.", "kinds": ["discussion"]}
    sent = await manager.send("/manage/spaces", **form)
    assert sent.status == 303
    page = await manager.see(sent.where)
    assert page.says("The space is open")
    assert (await stranger.ask("GET", f"/s/{slug}")).status == 404
    path = sent.where.split("?")[0]
    version = await version_of(manager, path)
    changed = await manager.send(path, version=version, **{str(MEMBERS): "post"})
    assert (changed.status, changed.where) == (303, f"{path}?done=grants")
    assert (await manager.see(changed.where)).says("Read by now: All members")
    assert (await stranger.see(f"/s/{slug}")).says("Pumps & valves")
    assert slug in (await stranger.see("/")).html
    stale = await manager.send(path, version=version, **{str(MEMBERS): "see"})
    assert stale.status == 422
    assert stale.says("Changed by somebody else")


async def test_a_change_of_grants_shows_first_who_gains_and_loses(
    house: House, scene: Scene, visit: Visit
) -> None:
    manager, path = await visit("manager"), f"/manage/spaces/{scene.space}"
    strangers = await house.group(scene.stranger)
    form = await manager.see(path)
    assert f'action="{path}/preview"' in form.html
    shown = await manager.send(f"{path}/preview", **{str(strangers): "reply"})
    assert shown.status == 200
    assert shown.outline().complaints() == []
    assert (await scene.stranger.get(f"/spaces/{scene.space}")).status_code == 404, "nothing is changed"
    gains, loses = shown.html.split('id="lose"')
    for name, side in (("stranger", gains), ("reader", loses), ("member", loses), ("author", loses)):
        assert f'/people/{scene.people[name].id}"' in side, name
    back = await manager.send(f"{path}/preview", back="1", **{str(strangers): "reply"})
    assert f'id="g-{strangers}" name="{strangers}"' in back.html
    assert back.html.count(" selected") == 1, "the choice is kept"
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', shown.html))
    assert (await manager.send(path, **fields)).status == 303
    assert (await scene.stranger.get(f"/spaces/{scene.space}")).status_code == 200
    assert (await scene.reader.get(f"/spaces/{scene.space}")).status_code == 404


async def test_the_world_only_reads(house: House, scene: Scene, visit: Visit) -> None:
    manager = await visit("manager")
    path = f"/manage/spaces/{scene.space}"
    version = await version_of(manager, path)
    sent = await manager.send(path, version=version, **{str(ANYONE): "post"})
    assert sent.status == 422
    assert sent.outline().complaints() == []


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"name": "", "slug": "fine", "kinds": ["question"]}, "Write something here"),
        ({"name": "N", "slug": "Not fine!", "kinds": ["question"]}, "Lower-case letters"),
        ({"name": "N", "slug": "fine", "kinds": []}, "Choose 1 at least"),
        ({"name": "N", "slug": "fine", "kinds": ["poem"]}, "Not a kind here"),
    ],
)
async def test_a_space_that_does_not_fit(
    scene: Scene, visit: Visit, form: dict[str, object], words: str
) -> None:
    manager = await visit("manager")
    shown = await manager.send("/manage/spaces", goal="Kept", **form)
    assert shown.status == 422
    assert shown.says(words)
    assert shown.says("Kept")
    assert shown.outline().complaints() == []


async def test_a_name_that_is_taken(scene: Scene, visit: Visit) -> None:
    manager = await visit("manager")
    form = {"name": "Again", "slug": scene.topic["space"]["slug"], "kinds": ["question"]}
    shown = await manager.send("/manage/spaces", **form)
    assert shown.status == 422
    assert shown.says("Another one has this short name already")


async def test_groups_and_members(house: House, scene: Scene, visit: Visit) -> None:
    manager, slug = await visit("manager"), name()
    made = await manager.send("/manage/groups", name="Pilots", slug=slug)
    assert made.status == 303
    path = made.where.split("?")[0]
    full = (await scene.stranger.take("/me"))["name"]
    found = await manager.see(f"{path}?name={full[3:].upper()}")
    assert found.says(f"Add {full}")
    added = await manager.send(f"{path}/members", add=str(scene.stranger.id))
    assert added.status == 303
    page = await manager.see(added.where)
    assert page.says("1 member")
    assert page.says(f"Remove {full}")
    assert not (await manager.see(f"{path}?name={full}")).says(f"Add {full}")
    await manager.send(f"{path}/members", remove=str(scene.stranger.id))
    assert (await manager.see(path)).says("0 members")
    again = await manager.send("/manage/groups", name="Pilots", slug=slug)
    assert again.status == 422


async def test_a_space_is_renamed_moved_and_given_other_kinds(
    house: House, scene: Scene, visit: Visit
) -> None:
    manager, path = await visit("manager"), f"/manage/spaces/{scene.space}"
    version = re.search(r'name="version" value="(\d+)"', (await manager.see(path)).html)
    assert version
    form = {"name": "Pumps & valves", "goal": "Tight.", "position": "12", "kinds": ["question"]}
    refused = await manager.send(f"{path}/about", version=version[1], **(form | {"name": "", "kinds": []}))
    assert refused.status == 422
    assert refused.says("Name: Write something here")
    assert refused.says("What people may start in it: Choose 1 at least")
    assert refused.outline().complaints() == []
    sent = await manager.send(f"{path}/about", version=version[1], **form)
    assert (sent.status, sent.where) == (303, f"{path}?done=about")
    assert (await manager.see(sent.where)).says("The space was changed")
    space = await scene.author.take(f"/spaces/{scene.space}")
    assert [space[name] for name in ("name", "goal", "position", "kinds")] == [
        "Pumps & valves", "Tight.", 12, ["question"]
    ]  # fmt: skip
    stale = await manager.send(f"{path}/about", version=version[1], **form)
    assert (stale.status, stale.says("Changed by somebody else")) == (422, True)


async def test_an_archived_space_says_so_and_can_be_opened_again(scene: Scene, visit: Visit) -> None:
    manager, author, path = await visit("manager"), await visit("author"), f"/manage/spaces/{scene.space}"
    address = f"/s/{scene.topic['space']['slug']}"
    for archived, done in (("true", "The space is archived"), ("false", "The space is open again")):
        version = (await scene.manager.take(f"/spaces/{scene.space}"))["version"]
        sent = await manager.send(f"{path}/archive", version=version, archived=archived)
        assert (await manager.see(sent.where)).says(done)
        page = await author.see(address)
        assert page.says("This space is archived") == (archived == "true")
        assert (f'href="{address}/new' in page.html) == (archived == "false")
        assert (await author.see("/")).says("Archived:") == (archived == "true")


async def test_a_group_is_renamed_and_removed(house: House, scene: Scene, visit: Visit) -> None:
    manager, group = await visit("manager"), await house.group(scene.stranger)
    path, name_of_it = f"/manage/groups/{group}", name()
    sent = await manager.send(path, version="1", name=name_of_it)
    assert (await manager.see(sent.where)).says(name_of_it)
    space = await house.space({group: "see"})
    used = await manager.see(path)
    assert f'/manage/spaces/{space}"' in used.html
    assert f"{path}/remove" not in used.html
    refused = await manager.send(f"{path}/remove")
    assert (refused.status, refused.says("Take its grants away first, in")) == (422, True)
    await manager.send(f"/manage/spaces/{space}", version="2", **{str(MEMBERS): "see"})
    gone = await manager.send(f"{path}/remove")
    assert (gone.status, gone.where) == (303, "/manage?done=group-removed")
    assert (await manager.ask("GET", path)).status == 404


async def test_everyone_on_the_internet_is_offered_where_guests_may_read(
    house: House, scene: Scene, visit: Visit
) -> None:
    page = await (await visit("manager")).see(f"/manage/spaces/{scene.space}")
    assert (f'name="{ANYONE}"' in page.html) == house.composition.anonymous_reading


async def test_only_managers_send_these_forms(house: House, scene: Scene, visit: Visit) -> None:
    for actor in ("stranger", "member", "moderator"):
        visitor = await visit(actor)
        for path, form in (
            ("/manage/spaces", {"name": "X", "slug": name(), "kinds": "question"}),
            (f"/manage/spaces/{scene.space}", {"version": "1"}),
            (f"/manage/spaces/{scene.space}/preview", {str(MEMBERS): "see"}),
            (f"/manage/spaces/{scene.space}/about", {"version": "1", "name": "X", "kinds": "question"}),
            (f"/manage/spaces/{scene.space}/archive", {"version": "1", "archived": "true"}),
            (f"/manage/groups/{MEMBERS}", {"version": "1", "name": "X"}),
            (f"/manage/groups/{MEMBERS}/remove", {}),
            ("/manage/groups", {"name": "X", "slug": name()}),
            (f"/manage/groups/{MEMBERS}/members", {"add": str(visitor.id)}),
        ):
            assert (await visitor.send(path, **form)).status == 404


async def test_only_who_may_open_the_page_is_led_to_it(house: House, visit: Visit) -> None:
    """Pages under /manage are for community managers; a grant of `manage` opens the API, not these."""
    holder = await house.person("holder")
    space = await house.space({await house.group(holder): "manage"})
    slug, link = (await holder.take(f"/spaces/{space}"))["slug"], f"/manage/spaces/{space}"
    visitor, manager = await visit(holder), await visit(await house.manager())
    assert link not in (await visitor.see(f"/s/{slug}")).html
    assert (await visitor.ask("GET", link)).status == 404
    assert f'href="{link}"' in (await manager.see(f"/s/{slug}")).html
    assert (await manager.see(link)).status == 200
