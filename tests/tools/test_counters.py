"""What is kept with a row equals what is counted anew, whatever was done and however many did it at once."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.tools.conftest import Scene
from tests.tools.house import Caller, House

pytestmark = pytest.mark.asyncio(loop_scope="session")

HERE = "select id from topics where space_id = :space"
WRONG = {
    "reply_count": f"""
        select t.id from topics t where t.id in ({HERE}) and t.reply_count <> (select count(*) from posts p
        where p.topic_id = t.id and not p.is_first and p.reply_to is null and p.deleted_at is null)""",
    "comment_count": f"""
        select p.id from posts p where p.topic_id in ({HERE}) and p.comment_count <> (select count(*)
        from posts c where c.reply_to = p.id and c.deleted_at is null)""",
    "topic_count": """
        select s.id from spaces s where s.id = :space and s.topic_count <> (select count(*) from topics t
        where t.space_id = s.id and t.deleted_at is null)""",
    "score": f"""
        select p.id from posts p where p.topic_id in ({HERE})
        and p.score <> (select coalesce(sum(v.value), 0) from votes v where v.post_id = p.id)""",
    "reactions": f"""
        select p.id from posts p where p.topic_id in ({HERE}) and p.reactions <> (
        select coalesce(jsonb_object_agg(r.name, r.n), '{{}}') from (
        select name, count(*) as n from reactions where post_id = p.id group by name) r)""",
    "edit_count": f"""
        select p.id from posts p where p.topic_id in ({HERE}) and (
        p.edit_count <> (select count(*) from post_revisions r where r.post_id = p.id) or
        p.edit_count <> (select coalesce(max(r.number), 0) from post_revisions r where r.post_id = p.id))""",
    "accepted": f"""
        select q.topic_id from questions q join posts p on p.id = q.accepted_post_id
        where q.topic_id in ({HERE})
        and (p.deleted_at is not null or p.topic_id <> q.topic_id or p.is_first or p.reply_to is not null)""",
}


async def all_right(house: House, space: UUID) -> None:
    """Every counter of what lies in this space, counted anew."""
    async with house.database.transaction() as session:
        for name, statement in WRONG.items():
            rows = (await session.execute(text(statement), {"space": space})).all()
            assert not rows, f"{name} is wrong"


@pytest.fixture
def topic(scene: Scene) -> str:
    return str(scene.topic["id"])


async def statuses(*calls: Awaitable[Any]) -> list[int]:
    return sorted(answer.status_code for answer in await asyncio.gather(*calls))


async def test_many_at_once_count_as_one_after_the_other(scene: Scene, topic: str) -> None:
    reply, posts = scene.reply["id"], f"/topics/{topic}/posts"
    crowd = [scene.member, scene.author, scene.moderator, scene.manager]
    calls = [
        *(who("POST", posts, {"body": "More"}) for who in crowd * 3),
        *(who("POST", posts, {"body": "Hm", "reply_to": reply}) for who in crowd * 3),
        *(who("PUT", f"/posts/{reply}/reactions/like") for who in crowd * 2),
        *(who("PUT", f"/posts/{reply}/vote", {"value": 1}) for who in crowd[1:] * 2),
        *(scene.member("PATCH", f"/posts/{reply}", {"body": f"Said {n}"}) for n in range(6)),
        *(scene.author("PATCH", f"/topics/{topic}", {"title": f"Title {n}"}) for n in range(6)),
    ]
    random.Random(1).shuffle(calls)
    assert set(await statuses(*calls)) == {200, 201}
    await all_right(scene.house, scene.space)
    now = await scene.author.take(f"/topics/{topic}")
    assert now["reply_count"] == 1 + 12
    assert now["post"]["edit_count"] == 6
    said = await scene.author.take(f"/posts/{reply}")
    assert (said["comment_count"], said["score"], said["reactions"]) == (1 + 12, 3, {"like": 4})
    assert said["edit_count"] == 6
    revisions = (await scene.author.take(f"/posts/{reply}/revisions"))["data"]
    assert [r["number"] for r in revisions] == [6, 5, 4, 3, 2, 1]
    assert revisions[-1]["body"] == "An answer"
    assert len({r["body"] for r in revisions} | {said["body"]}) == 7, "each text is kept once"
    # Replies, comments, edits of reply and title: each is seen in the version. (Scene: 1 + reply + comment.)
    assert now["version"] == 3 + 12 + 12 + 6 + 6


async def test_a_double_click_counts_once(scene: Scene) -> None:
    path = f"/posts/{scene.reply['id']}"
    assert await statuses(*(scene.author("PUT", f"{path}/reactions/thanks") for _ in range(5))) == [200] * 5
    assert await statuses(*(scene.author("PUT", f"{path}/vote", {"value": 1}) for _ in range(5))) == [200] * 5
    said = await scene.author.take(path)
    assert (said["score"], said["reactions"], said["my_reactions"]) == (1, {"thanks": 1}, ["thanks"])
    assert (
        await statuses(*(scene.author("DELETE", f"{path}/reactions/thanks") for _ in range(5))) == [200] * 5
    )
    assert await statuses(*(scene.author("DELETE", f"{path}/vote") for _ in range(5))) == [200] * 5
    said = await scene.author.take(path)
    assert (said["score"], said["reactions"], said["my_reactions"]) == (0, {}, [])
    await all_right(scene.house, scene.space)


async def test_a_vote_can_turn_and_be_taken_back(scene: Scene) -> None:
    path = f"/posts/{scene.reply['id']}/vote"
    for value, score in ((1, 1), (-1, -1), (-1, -1), (1, 1)):
        assert (await scene.author.put(path, {"value": value}))["score"] == score
    view = await scene.moderator.put(path, {"value": 1})
    assert view["score"] == 2
    assert view["extensions"]["question"]["my_vote"] == 1
    assert (await scene.author.delete(path))["score"] == 1
    view = await scene.author.delete(path)
    assert view["score"] == 1
    assert "my_vote" not in view["extensions"].get("question", {})


async def test_the_accepted_answer_comes_first_moves_and_goes(scene: Scene, topic: str) -> None:
    accept, posts = f"/topics/{topic}/accepted-answer", f"/topics/{topic}/posts"
    second = (await scene.moderator.post(posts, body="Another answer"))["id"]
    await scene.author.put(f"/posts/{scene.reply['id']}/vote", {"value": 1})
    first = scene.reply["id"]

    async def order() -> list[str]:
        return [row["id"] for row in (await scene.reader.take(posts))["data"]]

    async def accepted() -> Any:
        return (await scene.reader.take(f"/topics/{topic}"))["extensions"]["question"]["accepted_post_id"]

    assert await order() == [first, second]
    assert (await scene.author.put(accept, {"post": second}))["extensions"]["question"][
        "accepted_post_id"
    ] == second
    assert await order() == [second, first]
    await scene.author.put(accept, {"post": first})
    assert await accepted() == first
    await scene.author.delete(accept)
    assert await accepted() is None
    await scene.author.put(accept, {"post": second})
    await scene.moderator.delete(f"/posts/{second}")
    assert await accepted() is None, "an answer that is gone is not the accepted one"
    assert await order() == [first]
    gone = await scene.author("PUT", accept, {"post": second})
    assert gone.status_code == 404
    other = await scene.author.post(
        "/topics", space=scene.space, kind="question", title="Another one", body="x"
    )
    assert (
        await scene.author("PUT", f"/topics/{other['id']}/accepted-answer", {"post": first})
    ).status_code == 404
    for post in (scene.comment["id"], scene.topic["post"]["id"]):
        assert (await scene.author("PUT", accept, {"post": post})).status_code == 403


async def test_what_is_deleted_twice_at_once_is_deleted_once(scene: Scene, topic: str) -> None:
    reply, comment = scene.reply["id"], scene.comment["id"]
    codes = await statuses(*(scene.moderator("DELETE", f"/posts/{comment}") for _ in range(4)))
    assert codes == [204, 404, 404, 404]
    codes = await statuses(*(scene.moderator("DELETE", f"/posts/{reply}") for _ in range(4)))
    assert codes == [204, 404, 404, 404]
    await all_right(scene.house, scene.space)
    codes = await statuses(
        *(scene.moderator("DELETE", f"/topics/{topic}") for _ in range(3)),
        *(scene.member("POST", f"/topics/{topic}/posts", {"body": "Late"}) for _ in range(3)),
    )
    assert codes.count(204) == 1
    assert set(codes) <= {201, 204, 404}
    await all_right(scene.house, scene.space)


async def test_commenting_on_what_goes_away_meanwhile(scene: Scene, topic: str) -> None:
    """Comments, edits, votes and the removal of the post they are about, all at once."""
    reply = scene.reply["id"]
    codes = await statuses(
        *(
            scene.author("POST", f"/topics/{topic}/posts", {"body": "Hm", "reply_to": reply})
            for _ in range(6)
        ),
        *(scene.member("PATCH", f"/posts/{reply}", {"body": "Hm"}) for _ in range(3)),
        *(scene.author("PUT", f"/posts/{reply}/vote", {"value": 1}) for _ in range(2)),
        scene.author("PUT", f"/topics/{topic}/accepted-answer", {"post": reply}),
        scene.moderator("DELETE", f"/posts/{reply}"),
    )
    assert set(codes) <= {200, 201, 204, 404}
    assert codes.count(204) == 1
    await all_right(scene.house, scene.space)


async def test_editing_nothing_leaves_no_trace(scene: Scene, topic: str) -> None:
    before = await scene.author.take(f"/topics/{topic}")
    for body in ({}, {"title": None}, {"reason": "why not"}):
        after = await scene.author.send("PATCH", f"/topics/{topic}", body)
        assert after == before


async def test_a_revision_keeps_title_tags_and_text(scene: Scene, topic: str) -> None:
    await scene.author.patch(f"/topics/{topic}", title="The second title", tags=["b"], reason="clearer")
    await scene.author.patch(f"/topics/{topic}", body="The second text")
    revisions = (await scene.reader.take(f"/posts/{scene.topic['post']['id']}/revisions"))["data"]
    assert [(r["number"], r["title"], r["tags"], r["body"], r["reason"]) for r in revisions] == [
        (2, "The second title", ["b"], "What is it?", ""),
        (1, "A question of mine", ["a"], "What is it?", "clearer"),
    ]
    assert revisions[0]["editor"]["id"] == str(scene.author.id)


ACTIONS = (
    "reply", "comment", "react", "unreact", "vote", "down", "unvote", "accept", "unaccept", "edit", "retitle",
    "delete", "start", "remove",
)  # fmt: skip


class Play:
    """Random doings in one space; each may be refused, none may leave a counter wrong."""

    def __init__(self, scene: Scene, seed: int) -> None:
        self.scene, self.random = scene, random.Random(seed)
        self.topics = [scene.topic["id"]]
        self.posts = [(scene.topic["id"], scene.reply["id"]), (scene.topic["id"], scene.comment["id"])]

    def somebody(self) -> Caller:
        return self.scene.people[self.random.choice(["member", "author", "moderator", "manager"])]

    async def do(self, action: str) -> None:
        topic = self.random.choice(self.topics)
        home, post = self.random.choice(self.posts)
        calls: dict[str, Callable[[], tuple[str, str, Any]]] = {
            "reply": lambda: ("POST", f"/topics/{topic}/posts", {"body": "r"}),
            "comment": lambda: ("POST", f"/topics/{home}/posts", {"body": "c", "reply_to": post}),
            "react": lambda: ("PUT", f"/posts/{post}/reactions/{self.reaction()}", None),
            "unreact": lambda: ("DELETE", f"/posts/{post}/reactions/{self.reaction()}", None),
            "vote": lambda: ("PUT", f"/posts/{post}/vote", {"value": 1}),
            "down": lambda: ("PUT", f"/posts/{post}/vote", {"value": -1}),
            "unvote": lambda: ("DELETE", f"/posts/{post}/vote", None),
            "accept": lambda: ("PUT", f"/topics/{home}/accepted-answer", {"post": post}),
            "unaccept": lambda: ("DELETE", f"/topics/{home}/accepted-answer", None),
            "edit": lambda: ("PATCH", f"/posts/{post}", {"body": "e"}),
            "retitle": lambda: ("PATCH", f"/topics/{topic}", {"title": "Retitled"}),
            "delete": lambda: ("DELETE", f"/posts/{post}", None),
            "remove": lambda: ("DELETE", f"/topics/{topic}", None),
            "start": lambda: (
                "POST",
                "/topics",
                {"space": str(self.scene.space), "kind": "question", "title": "Started", "body": "s"},
            ),
        }
        method, path, body = calls[action]()
        answer = await self.somebody()(method, path, body)
        assert answer.status_code < 500, answer.text
        if answer.status_code == 201:
            made = answer.json()
            if action == "start":
                self.topics.append(made["id"])
            else:
                self.posts.append((made["topic_id"], made["id"]))

    def reaction(self) -> str:
        return self.random.choice(["like", "thanks"])


PLAYS = settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))


@given(seed=st.integers(0, 2**32), actions=st.lists(st.sampled_from(ACTIONS), min_size=10, max_size=40))
@PLAYS
async def test_random_doings_leave_every_counter_right(scene: Scene, seed: int, actions: list[str]) -> None:
    play = Play(scene, seed)
    for action in actions:
        await play.do(action)
    await all_right(scene.house, scene.space)


@given(seed=st.integers(0, 2**32), actions=st.lists(st.sampled_from(ACTIONS), min_size=20, max_size=60))
@PLAYS
async def test_random_doings_at_once_leave_every_counter_right(
    scene: Scene, seed: int, actions: list[str]
) -> None:
    play = Play(scene, seed)
    for start in range(0, len(actions), 8):
        await asyncio.gather(*(play.do(action) for action in actions[start : start + 8]))
    await all_right(scene.house, scene.space)


async def test_each_change_is_told_to_the_outbox_in_its_transaction(scene: Scene, topic: str) -> None:
    async def told() -> int:
        async with scene.house.database.transaction() as session:
            counted = text("select count(*) from outbox where payload->>'topic_id' = :topic")
            return int((await session.execute(counted, {"topic": topic})).scalar_one())

    before = await told()
    await scene.member.post(f"/topics/{topic}/posts", body="One more")
    assert await told() == before + 1
    refused = await scene.reader("POST", f"/topics/{topic}/posts", {"body": "x"})
    assert refused.status_code == 403
    assert await told() == before + 1


async def test_votes_and_reactions_are_told_when_they_change_something(scene: Scene) -> None:
    reply = scene.reply["id"]

    async def told() -> int:
        async with scene.house.database.transaction() as session:
            counted = text(
                "select count(*) from outbox where name = 'topics.post_rated' "
                "and payload->>'post_id' = :post and payload->>'topic_id' = :topic"
            )
            values = {"post": reply, "topic": scene.topic["id"]}
            return int((await session.execute(counted, values)).scalar_one())

    doings: list[tuple[str, str, object, int]] = [
        ("PUT", f"/posts/{reply}/reactions/like", None, 1),
        ("PUT", f"/posts/{reply}/reactions/like", None, 1),
        ("DELETE", f"/posts/{reply}/reactions/like", None, 2),
        ("DELETE", f"/posts/{reply}/reactions/like", None, 2),
        ("PUT", f"/posts/{reply}/vote", {"value": 1}, 3),
        ("PUT", f"/posts/{reply}/vote", {"value": 1}, 3),
        ("PUT", f"/posts/{reply}/vote", {"value": -1}, 4),
        ("DELETE", f"/posts/{reply}/vote", None, 5),
    ]
    for method, path, body, expected in doings:
        await scene.author.send(method, path, body)
        assert await told() == expected, (method, path, body)
    assert (await scene.reader("PUT", f"/posts/{reply}/reactions/like")).status_code == 403
    assert await told() == 5
