"""One rule about who sees what: every way of asking agrees with a model of it in plain Python.

The rows are random and written past the services; each actor then asks in every way there is.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from shared.db.context import ReadContext
from shared.kernel.actor import ANYONE, GUEST, MEMBERS
from shared.kernel.clock import SystemClock
from shared.kernel.errors import NotFound
from shared.kernel.ids import new_id
from shared.kernel.paging import CursorCodec
from shared.kernel.permissions import Level
from shared.tools.people.models import Person
from shared.tools.questions.models import Question
from shared.tools.spaces.groups import MANAGERS
from shared.tools.spaces.models import Group, GroupMember, Space, SpaceGrant
from shared.tools.topics.models import Post, PostRevision, Topic
from shared.tools.topics.profiles import profile
from tests.tools.house import MANAGER, Caller, House

pytestmark = pytest.mark.asyncio(loop_scope="session")

START = datetime(2026, 3, 1, tzinfo=UTC)
LEVEL_NAMES = {10: "see", 20: "reply", 30: "post", 40: "moderate", 50: "manage"}
OWN_GROUPS = 3


@dataclass
class P:
    """A post of the model. `parent` is an index into the topic's posts."""

    id: UUID
    author: int
    deleted: bool
    parent: int | None
    worded: bool


@dataclass
class T:
    id: UUID
    space: int
    kind: str
    author: int
    deleted: bool
    worded: bool
    age: int
    posts: list[P] = field(default_factory=list)


@dataclass
class Model:
    """What is in the database, and the rule."""

    spaces: list[UUID]
    grants: list[dict[int, int]]
    groups: list[UUID]
    members: list[set[int]]
    topics: list[T]
    authors: list[UUID]
    tag: str
    word: str

    def groups_of(self, actor: int | None) -> set[int]:
        """`grants` name groups by index: the own ones, then anyone, members, managers."""
        found = {OWN_GROUPS}
        if actor is not None:
            found |= {OWN_GROUPS + 1} | {n for n, who in enumerate(self.members) if actor in who}
        return found

    def level(self, groups: set[int], space: int) -> int | None:
        return max((level for group, level in self.grants[space].items() if group in groups), default=None)

    def sees_topic(self, groups: set[int], topic: T) -> bool:
        return self.level(groups, topic.space) is not None and not topic.deleted

    def sees_post(self, groups: set[int], topic: T, post: P) -> bool:
        if post.deleted or not self.sees_topic(groups, topic):
            return False
        return post.parent is None or not topic.posts[post.parent].deleted


@st.composite
def models(draw: st.DrawFn) -> Model:
    number = st.integers
    spaces = draw(number(1, 3))
    level = st.sampled_from([int(level) for level in Level])
    # Everybody on the internet may be granted sight alone.
    grant = st.dictionaries(number(0, OWN_GROUPS + 2), level, max_size=4)
    grants = [
        {group: 10 if group == OWN_GROUPS else given for group, given in draw(grant).items()}
        for _ in range(spaces)
    ]
    members = [draw(st.sets(number(0, 2), max_size=3)) for _ in range(OWN_GROUPS)]
    topics = []
    for age in range(draw(number(1, 5))):
        topic = T(
            uuid4(),
            draw(number(0, spaces - 1)),
            draw(st.sampled_from(["question", "discussion"])),
            draw(number(0, 1)),
            draw(st.sampled_from([False, False, False, True])),
            draw(st.booleans()),
            age,
        )
        topic.posts.append(P(new_id(), topic.author, False, None, draw(st.booleans())))
        for _ in range(draw(number(0, 5))):
            tops = [n for n, post in enumerate(topic.posts) if post.parent is None]
            parent = draw(st.one_of(st.none(), st.sampled_from(tops)))
            gone = draw(st.sampled_from([False, False, True]))
            topic.posts.append(P(new_id(), draw(number(0, 1)), gone, parent, draw(st.booleans())))
        topics.append(topic)
    return Model(
        [uuid4() for _ in range(spaces)],
        grants,
        [uuid4() for _ in range(OWN_GROUPS)],
        members,
        topics,
        [uuid4(), uuid4()],
        f"t{uuid4().hex[:16]}",
        f"w{uuid4().hex[:16]}",
    )


async def write(model: Model, house: House, people: list[Caller]) -> None:
    groups = [*model.groups, ANYONE, MEMBERS, MANAGERS]
    async with house.database.transaction() as session:

        async def add(table: type[Any], rows: Iterable[dict[str, Any]]) -> None:
            if listed := list(rows):
                await session.execute(insert(table), listed)

        await add(
            Person,
            ({"id": a, "name": "Author", "created_at": START, "updated_at": START} for a in model.authors),
        )
        await add(Group, ({"id": g, "slug": g.hex, "name": g.hex, "created_at": START} for g in model.groups))
        await add(
            GroupMember,
            (
                {"group_id": model.groups[n], "person_id": people[who].id, "joined_at": START}
                for n, members in enumerate(model.members)
                for who in members
            ),
        )
        await add(
            Space,
            (
                {"id": s, "slug": s.hex, "name": s.hex, "kinds": ["question"], "created_at": START}
                for s in model.spaces
            ),
        )
        await add(
            SpaceGrant,
            (
                {"space_id": model.spaces[n], "group_id": groups[group], "level": level}
                for n, grants in enumerate(model.grants)
                for group, level in grants.items()
            ),
        )
        for topic in model.topics:
            await _write_topic(model, topic, add)


async def _write_topic(model: Model, topic: T, add: Any) -> None:
    at = START + timedelta(hours=topic.age)
    gone = {"deleted_at": at}
    await add(
        Topic,
        [
            {
                "id": topic.id,
                "space_id": model.spaces[topic.space],
                "kind": topic.kind,
                "author_id": model.authors[topic.author],
                "title": f"Title {model.word if topic.worded else ''}",
                "slug": "title",
                "tags": [model.tag],
                "created_at": at,
                "last_post_at": at,
                **(gone if topic.deleted else {}),
            }
        ],
    )
    if topic.kind == "question":
        await add(Question, [{"topic_id": topic.id}])
    for number, post in enumerate(topic.posts):
        row = {
            "id": post.id,
            "topic_id": topic.id,
            "is_first": number == 0,
            "reply_to": None if post.parent is None else topic.posts[post.parent].id,
            "author_id": model.authors[post.author],
            "body": f"Body {model.word if post.worded else ''}",
            "html": "<p>Body</p>",
            "created_at": at + timedelta(minutes=number),
            **(gone if post.deleted else {}),
        }
        await add(Post, [row])
        await add(
            PostRevision,
            [{"id": uuid4(), "post_id": post.id, "number": 1, "body": "Before", "created_at": at}],
        )


async def walk(caller: Caller, path: str, limit: int = 3, **params: Any) -> list[Any]:
    """All pages of a list."""
    found: list[Any] = []
    cursor = None
    while True:
        page = await caller.take(path, limit=limit, cursor=cursor, **params)
        found += page["data"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def ids(rows: list[Any]) -> list[str]:
    return [row["id"] for row in rows]


async def agrees(model: Model, house: House, caller: Caller, groups: set[int]) -> None:
    await _spaces_agree(model, caller, groups)
    seen = [topic for topic in reversed(model.topics) if model.sees_topic(groups, topic)]
    expected = [str(topic.id) for topic in seen]
    assert ids(await walk(caller, "/topics", tag=model.tag)) == expected
    for n, space in enumerate(model.spaces):
        listed = await walk(caller, "/topics", space=space)
        assert ids(listed) == [str(topic.id) for topic in seen if topic.space == n]
    for n, author in enumerate(model.authors):
        listed = await walk(caller, "/topics", author=author)
        assert ids(listed) == [str(topic.id) for topic in seen if topic.author == n]
    for kind in ("question", "discussion"):
        listed = await walk(caller, "/topics", tag=model.tag, kind=kind)
        assert ids(listed) == [str(topic.id) for topic in seen if topic.kind == kind]
    for topic in model.topics:
        await _topic_agrees(model, caller, groups, topic)
    await _search_agrees(model, caller, groups, seen)
    await _profiles_agree(model, house, caller, groups)


async def _spaces_agree(model: Model, caller: Caller, groups: set[int]) -> None:
    listed = {row["id"]: row["level"] for row in await walk(caller, "/spaces", limit=100)}
    for n, space in enumerate(model.spaces):
        level = model.level(groups, n)
        answer = await caller.get(f"/spaces/{space}")
        if level is None:
            assert str(space) not in listed
            assert answer.status_code == 404
        else:
            assert listed[str(space)] == LEVEL_NAMES[level] == answer.json()["level"]


async def _topic_agrees(model: Model, caller: Caller, groups: set[int], topic: T) -> None:
    answer = await caller.get(f"/topics/{topic.id}")
    replies = await caller.get(f"/topics/{topic.id}/posts", params={"limit": 100})
    if not model.sees_topic(groups, topic):
        assert answer.status_code == replies.status_code == 404
    else:
        assert answer.json()["id"] == str(topic.id)
        by_id = {row["id"]: row for row in replies.json()["data"]}
        assert list(by_id) == [
            str(p.id) for p in topic.posts[1:] if p.parent is None and model.sees_post(groups, topic, p)
        ]
        assert ids(await walk(caller, f"/topics/{topic.id}/posts")) == list(by_id)
        for row in by_id.values():
            number = next(n for n, p in enumerate(topic.posts) if str(p.id) == row["id"])
            assert ids(row["comments"]) == _comments(model, groups, topic, number)
    for number, post in enumerate(topic.posts):
        visible = model.sees_post(groups, topic, post)
        for path in (f"/posts/{post.id}", f"/posts/{post.id}/revisions"):
            assert (await caller.get(path)).status_code == (200 if visible else 404), path
        if model.sees_topic(groups, topic):
            listed = await walk(caller, f"/topics/{topic.id}/posts", reply_to=post.id)
            assert ids(listed) == _comments(model, groups, topic, number)


def _comments(model: Model, groups: set[int], topic: T, parent: int) -> list[str]:
    return [str(p.id) for p in topic.posts if p.parent == parent and model.sees_post(groups, topic, p)]


async def _search_agrees(model: Model, caller: Caller, groups: set[int], seen: list[T]) -> None:
    expected = {
        str(topic.id)
        for topic in seen
        if topic.worded or any(p.worded and model.sees_post(groups, topic, p) for p in topic.posts)
    }
    hits = await walk(caller, "/search", q=model.word)
    found = [hit["topic"]["id"] for hit in hits]
    assert sorted(found) == sorted(expected)
    visible = {str(p.id) for topic in seen for p in topic.posts if model.sees_post(groups, topic, p)}
    assert {hit["post"] for hit in hits} <= visible


async def _profiles_agree(model: Model, house: House, caller: Caller, groups: set[int]) -> None:
    authenticator = house.app.state.edge.authenticator
    actor = await authenticator.by_bearer(caller.token) if caller.token else GUEST
    context = ReadContext(actor, house.database.reader, SystemClock(), CursorCodec("x" * 40))
    for n, author in enumerate(model.authors):
        topics = sum(t.author == n and model.sees_topic(groups, t) for t in model.topics)
        posts = sum(p.author == n and model.sees_post(groups, t, p) for t in model.topics for p in t.posts)
        if actor is GUEST and not posts:
            with pytest.raises(NotFound):
                await profile(context, author)
            continue
        view = await profile(context, author)
        assert (view.topics, view.posts) == (topics, posts)


@pytest.fixture(scope="session")
def people_of() -> dict[str, list[Caller]]:
    return {}


async def check(model: Model, house: House, people_of: dict[str, list[Caller]]) -> None:
    """Three people, of whom the last is a manager, and the guest."""
    if house.name not in people_of:
        manager = await house.person("boss", realm="staff", roles=[MANAGER])
        people_of[house.name] = [await house.person("one"), await house.person("two"), manager]
    people = people_of[house.name]
    await write(model, house, people)
    await agrees(model, house, house.guest, model.groups_of(None))
    for n, caller in enumerate(people):
        managing = {OWN_GROUPS + 2} if n == 2 else set()
        await agrees(model, house, caller, model.groups_of(n) | managing)


QUICK = (Phase.explicit, Phase.reuse, Phase.generate)
"""A failure is told as it was found; the long run below makes it small."""
CHECKS = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@given(model=models())
@settings(max_examples=6, phases=QUICK, **CHECKS)  # type: ignore[arg-type] # as hypothesis documents them
async def test_every_way_of_asking_agrees(
    model: Model, house: House, people_of: dict[str, list[Caller]]
) -> None:
    await check(model, house, people_of)


@pytest.mark.slow
@given(model=models())
@settings(max_examples=150, **CHECKS)  # type: ignore[arg-type] # as hypothesis documents them
async def test_every_way_of_asking_agrees_at_length(
    model: Model, house: House, people_of: dict[str, list[Caller]]
) -> None:
    await check(model, house, people_of)
