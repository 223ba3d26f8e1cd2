"""Who may do what through the API: one table of actors for each endpoint.

404 for whoever may not know that it exists, 403 for who sees it and may not do this, 401 for guests who
might after signing in.
"""

import pytest

from shared.kernel.actor import ANYONE, MEMBERS
from shared.tools.spaces.groups import MANAGERS
from tests.tools.conftest import ACTORS, Scene

pytestmark = pytest.mark.asyncio(loop_scope="session")

SEES = {
    "guest": 404,
    "stranger": 404,
    "reader": 200,
    "member": 200,
    "author": 200,
    "moderator": 200,
    "manager": 200,
}
WRITES = SEES | {"guest": 401}
MANAGES = dict.fromkeys(ACTORS, 403) | {"guest": 401, "manager": 200}

TABLE: list[tuple[str, str, str, object, dict[str, int]]] = [
    ("the space", "GET", "/spaces/{space}", None, SEES),
    ("its grants", "GET", "/spaces/{space}/grants", None, SEES | dict.fromkeys(
        ("reader", "member", "author", "moderator"), 403)),
    ("what other grants would change", "POST", "/spaces/{space}/grants/preview",
     {"grants": [{"group": "{group}", "level": "see"}]}, SEES | dict.fromkeys(
        ("reader", "member", "author", "moderator"), 403)),
    ("open a space", "POST", "/spaces", {"slug": "open-{n}", "name": "Open"}, MANAGES | {"manager": 201}),
    ("groups", "GET", "/groups", None, MANAGES),
    ("make a group", "POST", "/groups", {"slug": "made-{n}", "name": "Made"}, MANAGES | {"manager": 201}),
    ("add to a group", "PUT", "/groups/{group}/members/{me}", None, MANAGES | {"manager": 204}),
    ("remove from a group", "DELETE", "/groups/{group}/members/{me}", None, MANAGES | {"manager": 204}),
    ("the topic", "GET", "/topics/{topic}", None, SEES),
    ("its replies", "GET", "/topics/{topic}/posts", None, SEES),
    ("the comments", "GET", "/topics/{topic}/posts?reply_to={reply}", None, SEES),
    ("a reply", "GET", "/posts/{reply}", None, SEES),
    ("a comment", "GET", "/posts/{comment}", None, SEES),
    ("revisions", "GET", "/posts/{reply}/revisions", None, SEES),
    ("start a topic", "POST", "/topics",
     {"space": "{space}", "kind": "question", "title": "Another one", "body": "Text"},
     WRITES | {"reader": 403, "member": 403, "author": 201, "moderator": 201, "manager": 201}),
    ("reply", "POST", "/topics/{topic}/posts", {"body": "Text"},
     WRITES | {"reader": 403, "member": 201, "author": 201, "moderator": 201, "manager": 201}),
    ("comment", "POST", "/topics/{topic}/posts", {"body": "Text", "reply_to": "{reply}"},
     WRITES | {"reader": 403, "member": 201, "author": 201, "moderator": 201, "manager": 201}),
    ("edit the topic", "PATCH", "/topics/{topic}", {"title": "Better words"},
     WRITES | {"reader": 403, "member": 403}),
    ("close it", "PATCH", "/topics/{topic}", {"closed": True},
     WRITES | {"reader": 403, "member": 403, "author": 403}),
    ("edit the reply", "PATCH", "/posts/{reply}", {"body": "Hm"}, WRITES | {"reader": 403, "author": 403}),
    ("edit the comment", "PATCH", "/posts/{comment}", {"body": "x"}, WRITES | {"reader": 403, "author": 403}),
    ("delete the topic", "DELETE", "/topics/{topic}", None,
     WRITES | {"reader": 403, "member": 403, "author": 403, "moderator": 204, "manager": 204}),
    ("delete the reply", "DELETE", "/posts/{reply}", None,
     WRITES | {"reader": 403, "member": 204, "author": 403, "moderator": 204, "manager": 204}),
    ("delete the comment", "DELETE", "/posts/{comment}", None,
     WRITES | {"reader": 403, "member": 204, "author": 403, "moderator": 204, "manager": 204}),
    ("delete the first post", "DELETE", "/posts/{first}", None,
     dict.fromkeys(ACTORS, 403) | {"guest": 401, "stranger": 404}),
    ("react", "PUT", "/posts/{reply}/reactions/like", None, WRITES | {"reader": 403}),
    ("take a reaction back", "DELETE", "/posts/{reply}/reactions/like", None, WRITES | {"reader": 403}),
    ("vote", "PUT", "/posts/{reply}/vote", {"value": 1}, WRITES | {"reader": 403, "member": 403}),
    ("take a vote back", "DELETE", "/posts/{reply}/vote", None, WRITES | {"reader": 403, "member": 403}),
    ("vote on the question", "PUT", "/posts/{first}/vote", {"value": -1},
     WRITES | {"reader": 403, "author": 403}),
    ("vote on a comment", "PUT", "/posts/{comment}/vote", {"value": 1},
     dict.fromkeys(ACTORS, 403) | {"guest": 401, "stranger": 404}),
    ("accept", "PUT", "/topics/{topic}/accepted-answer", {"post": "{reply}"},
     WRITES | {"reader": 403, "member": 403}),
    ("accept none", "DELETE", "/topics/{topic}/accepted-answer", None,
     WRITES | {"reader": 403, "member": 403}),
    ("me", "GET", "/me", None, dict.fromkeys(ACTORS, 200) | {"guest": 401}),
    ("change me", "PATCH", "/me", {"bio": "Hello"}, dict.fromkeys(ACTORS, 200) | {"guest": 401}),
]  # fmt: skip


def filled(value: object, names: dict[str, str]) -> object:
    if isinstance(value, dict):
        return {key: filled(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, names) for inner in value]
    return value.format(**names) if isinstance(value, str) else value


@pytest.mark.parametrize("actor", ACTORS)
async def test_each_actor_gets_what_the_table_says(scene: Scene, actor: str) -> None:
    """Each write stands on a fresh look at the topic: what the row before it did must not matter."""
    wrong, group = [], await scene.house.group()
    for number, (what, method, path, body, expected) in enumerate(TABLE):
        fresh = await refreshed(scene, number)
        caller = scene.people[actor]
        names = {
            "space": str(scene.space),
            "topic": fresh.topic["id"],
            "first": fresh.topic["post"]["id"],
            "reply": fresh.reply["id"],
            "comment": fresh.comment["id"],
            "group": str(group),
            "me": str(caller.id or scene.member.id),
            "n": f"{number}-{actor}-{scene.topic['id'][-8:]}",
        }
        answer = await caller(method, path.format(**names), filled(body, names))
        if answer.status_code != expected[actor]:
            wrong.append(f"{actor}: {what}: {answer.status_code} rather than {expected[actor]} {answer.text}")
        if answer.status_code == 401:
            assert answer.headers["www-authenticate"].startswith("Bearer")
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
    assert not wrong, "\n".join(wrong)


async def refreshed(scene: Scene, number: int) -> Scene:
    """The scene's topic, or a new one like it when a row before has closed or deleted it."""
    what = TABLE[number - 1][1:3] if number else ("GET", "")
    if what[0] == "GET":
        return scene
    topic = await scene.author.post(
        "/topics", space=scene.space, kind="question", title="A question", body="What?"
    )
    reply = await scene.member.post(f"/topics/{topic['id']}/posts", body="An answer")
    comment = await scene.member.post(f"/topics/{topic['id']}/posts", body="Hm", reply_to=reply["id"])
    scene.topic, scene.reply, scene.comment = topic, reply, comment
    return scene


async def test_a_missing_thing_is_the_same_as_a_hidden_one(scene: Scene) -> None:
    unknown = "0198b4c2-7d5a-7e0b-9c4f-2b1f6a3d8e10"
    for path in ("/topics/{}", "/topics/{}/posts"):
        hidden = await scene.stranger.get(path.format(scene.topic["id"]))
        missing = await scene.stranger.get(path.format(unknown))
        assert _but_id(hidden.json()) == _but_id(missing.json())
    hidden = await scene.stranger.get(f"/posts/{scene.reply['id']}")
    assert _but_id(hidden.json()) == _but_id((await scene.stranger.get(f"/posts/{unknown}")).json())


def _but_id(problem: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in problem.items() if key != "request_id"}


async def test_what_may_be_done_is_said_and_true(scene: Scene) -> None:
    """`can` in the views agrees with what the writes admit."""
    for name in ("reader", "member", "author", "moderator"):
        topic = await scene.people[name].take(f"/topics/{scene.topic['id']}")
        assert ("reply" in topic["can"]) == (name != "reader"), name
        assert ("edit" in topic["can"]) == (name in ("author", "moderator")), name
        assert ("close" in topic["can"]) == (name == "moderator"), name
        reply = await scene.people[name].take(f"/posts/{scene.reply['id']}")
        assert ("accept" in reply["can"]) == (name in ("author", "moderator")), name
        assert ("vote" in reply["can"]) == (name in ("author", "moderator")), name
        assert ("edit" in reply["can"]) == (name in ("member", "moderator")), name


async def test_closed_means_closed_but_for_moderators(scene: Scene) -> None:
    await scene.moderator.patch(f"/topics/{scene.topic['id']}", closed=True)
    topic, reply = scene.topic["id"], scene.reply["id"]
    refused = [
        await scene.member("POST", f"/topics/{topic}/posts", {"body": "Late"}),
        await scene.member("POST", f"/topics/{topic}/posts", {"body": "Late", "reply_to": reply}),
        await scene.member("PATCH", f"/posts/{reply}", {"body": "Late"}),
        await scene.author("PATCH", f"/topics/{topic}", {"title": "Late title"}),
        await scene.author("PUT", f"/posts/{reply}/reactions/like"),
        await scene.author("PUT", f"/posts/{reply}/vote", {"value": 1}),
    ]
    assert [answer.status_code for answer in refused] == [403] * len(refused)
    assert (await scene.moderator("POST", f"/topics/{topic}/posts", {"body": "A word"})).status_code == 201
    await scene.moderator.patch(f"/topics/{topic}", closed=False)
    assert (await scene.member("POST", f"/topics/{topic}/posts", {"body": "On"})).status_code == 201


async def test_everyone_on_the_internet_only_where_policy_allows(scene: Scene) -> None:
    space = await scene.house.space()
    grants = {"grants": [{"group": str(ANYONE), "level": "see"}]}
    answer = await scene.manager("PUT", f"/spaces/{space}/grants", grants, headers={"if-match": '"v1"'})
    if not scene.house.composition.anonymous_reading:
        assert answer.status_code == 409
        assert (await scene.guest.get(f"/spaces/{space}")).status_code == 404
        return
    assert answer.status_code == 200
    assert (await scene.guest.get(f"/spaces/{space}")).status_code == 200
    more = {"grants": [{"group": str(ANYONE), "level": "reply"}]}
    answer = await scene.manager("PUT", f"/spaces/{space}/grants", more, headers={"if-match": '"v2"'})
    assert answer.status_code == 422


async def test_whoever_manages_a_space_may_give_it_away(scene: Scene) -> None:
    """The answer to the change that ends one's own sight is still an answer."""
    owner = await scene.house.person("owner")
    space = await scene.house.space({await scene.house.group(owner): "manage"})
    grants = {"grants": [{"group": str(MEMBERS), "level": "see"}]}
    answer = await owner("PUT", f"/spaces/{space}/grants", grants, headers={"if-match": '"v2"'})
    assert answer.status_code == 200, answer.text
    again = await owner("PUT", f"/spaces/{space}/grants", grants, headers={"if-match": '"v3"'})
    assert again.status_code == 403


async def test_nobody_joins_by_hand_what_follows_from_a_role(scene: Scene) -> None:
    for group in (ANYONE, MEMBERS, MANAGERS):
        for method in ("PUT", "DELETE"):
            answer = await scene.manager(method, f"/groups/{group}/members/{scene.member.id}")
            assert answer.status_code == 409, group
