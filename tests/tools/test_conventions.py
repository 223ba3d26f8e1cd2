"""The conventions of the API: paging, tags, preconditions, idempotency, caching, ids, limits."""

import asyncio
import hashlib
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from tests.tools.conftest import Scene
from tests.tools.house import COMPOSITIONS, Caller, House

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_pages_walk_everything_once_while_rows_are_added(scene: Scene) -> None:
    topics = [scene.topic["id"]]
    for n in range(11):
        started = await scene.author.post(
            "/topics", space=scene.space, kind="discussion", title=f"Topic {n}", body="x"
        )
        topics.append(started["id"])
    found: list[str] = []
    cursor = None
    while True:
        page = await scene.reader.take("/topics", space=scene.space, limit=3, cursor=cursor)
        found += [row["id"] for row in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        await scene.author.post("/topics", space=scene.space, kind="discussion", title="Later", body="x")
    assert found == topics[::-1]


async def test_replies_walk_everything_once_in_the_kinds_order(scene: Scene) -> None:
    posts = f"/topics/{scene.topic['id']}/posts"
    made = [scene.reply["id"]] + [(await scene.member.post(posts, body=f"n{n}"))["id"] for n in range(9)]
    for n in (3, 3, 7):
        await scene.people[["author", "moderator"][n % 2]].put(f"/posts/{made[n]}/vote", {"value": 1})
    await scene.author.put(f"/topics/{scene.topic['id']}/accepted-answer", {"post": made[5]})
    found: list[Any] = []
    cursor = None
    while True:
        answer = await scene.reader.get(
            posts, params={"limit": "2", **({"cursor": cursor} if cursor else {})}
        )
        page = answer.json()
        found += page["data"]
        cursor = page["next_cursor"]
        assert ("link" in answer.headers) == (cursor is not None)
        if cursor is None:
            break
        link = answer.headers["link"]
        assert link.endswith('; rel="next"')
        assert (await scene.reader.get(link[1 : link.index(">")])).status_code == 200
        await scene.member.post(posts, body="Later")
    ids = [row["id"] for row in found]
    assert len(ids) == len(set(ids))
    assert set(made) <= set(ids)
    assert ids[0] == made[5]
    scores = [row["score"] for row in found[1:]]
    assert scores == sorted(scores, reverse=True)


async def test_a_cursor_belongs_to_its_list_filter_and_caller(scene: Scene) -> None:
    for n in range(3):
        await scene.author.post("/topics", space=scene.space, kind="question", title=f"Topic {n}", body="x")
        await scene.member.post(f"/topics/{scene.topic['id']}/posts", body="x")
        await scene.member.post(f"/topics/{scene.topic['id']}/posts", body="x", reply_to=scene.reply["id"])
    posts = f"/topics/{scene.topic['id']}/posts"
    lists = [f"/topics?space={scene.space}", "/topics?kind=question", "/topics?tag=a", posts,
             f"{posts}?reply_to={scene.reply['id']}", "/topics"]  # fmt: skip
    cursors = {}
    for path in lists:
        page = (await scene.reader.get(path, params=_with(path, limit="1"))).json()
        cursors[path] = page["next_cursor"]
    for path in lists:
        for other, cursor in cursors.items():
            if cursor is None:
                continue
            answer = await scene.reader.get(path, params=_with(path, cursor=cursor))
            assert answer.status_code == (200 if other == path else 422), (path, other)
    cursor = cursors[posts]
    assert cursor is not None
    assert (await scene.member.get(posts, params={"cursor": cursor})).status_code == 422
    assert (await scene.reader.get(posts, params={"cursor": cursor[:-2] + "AA"})).status_code == 422
    assert (await scene.reader.get(posts, params={"cursor": cursor})).status_code == 200


def _with(path: str, **more: str) -> dict[str, str]:
    """httpx replaces the query of an address by `params`."""
    return {**dict(httpx.URL(path).params), **more}


async def test_a_tag_saves_sending_the_same_again(scene: Scene) -> None:
    for path in (
        f"/topics/{scene.topic['id']}",
        f"/posts/{scene.reply['id']}",
        f"/spaces/{scene.space}",
        f"/topics?space={scene.space}",
        f"/topics/{scene.topic['id']}/posts",
    ):
        first = await scene.reader.get(path)
        tag = first.headers["etag"]
        for known in (tag, f'"other", {tag}', f"W/{tag}"):
            again = await scene.reader.get(path, headers={"if-none-match": known})
            assert (again.status_code, again.content) == (304, b""), path
            assert again.headers["etag"] == tag
        assert (await scene.reader.get(path, headers={"if-none-match": '"x"'})).status_code == 200
    path = f"/topics/{scene.topic['id']}"
    tag = (await scene.reader.get(path)).headers["etag"]
    assert (await scene.author.get(path, headers={"if-none-match": tag})).status_code == 200, (
        "another caller sees another `can`"
    )
    await scene.author.put(f"/posts/{scene.topic['post']['id']}/reactions/like")
    assert (await scene.reader.get(path, headers={"if-none-match": tag})).status_code == 200


async def test_a_tag_changes_with_what_is_counted(scene: Scene) -> None:
    """Votes and reactions leave the topic's version alone, and still nobody is told that nothing changed."""
    topic, first = f"/topics/{scene.topic['id']}", scene.topic["post"]["id"]
    reply = scene.reply["id"]
    watched = (topic, f"{topic}/posts", f"/posts/{first}", f"/posts/{reply}")
    doings: list[tuple[str, str, object]] = [
        ("PUT", f"/posts/{first}/vote", {"value": 1}),
        ("PUT", f"/posts/{reply}/vote", {"value": -1}),
        ("PUT", f"/posts/{first}/reactions/like", None),
        ("DELETE", f"/posts/{first}/reactions/like", None),
        ("DELETE", f"/posts/{reply}/vote", None),
    ]
    version = (await scene.reader.take(topic))["version"]
    for method, path, body in doings:
        before = {place: await scene.reader.get(place) for place in watched}
        await scene.moderator.send(method, path, body)
        changed = set()
        for place, known in before.items():
            again = await scene.reader.get(place, headers={"if-none-match": known.headers["etag"]})
            fresh = await scene.reader.get(place)
            assert (again.status_code == 304) == (fresh.content == known.content), (path, place)
            if again.status_code == 200:
                changed.add(place)
        on_first = first in path
        assert changed >= ({topic, f"/posts/{first}"} if on_first else {f"{topic}/posts", f"/posts/{reply}"})
    assert (await scene.reader.take(topic))["version"] == version


async def test_if_match_guards_a_topic(scene: Scene) -> None:
    path = f"/topics/{scene.topic['id']}"
    tag = (await scene.author.get(path)).headers["etag"]

    async def retitle(title: str, match: str) -> httpx.Response:
        return await scene.author("PATCH", path, {"title": title}, headers={"if-match": match})

    first = await retitle("First change", tag)
    assert first.status_code == 200
    stale = await retitle("Second change", tag)
    assert stale.status_code == 412
    assert stale.json()["current_version"] == first.json()["version"]
    assert (await retitle("Third change", first.headers["etag"])).status_code == 200
    assert (await retitle("Fourth change", "*")).status_code == 200
    for nonsense in ("", "v1", '"', '"v"', '"v99999999999999999999"'):
        assert (await retitle("Nonsense", nonsense)).status_code == 412
    tag = (await scene.author.get(path)).headers["etag"]
    answers = await asyncio.gather(*(retitle(f"At once {n}", tag) for n in range(5)))
    assert sorted(a.status_code for a in answers) == [200, 412, 412, 412, 412]


async def test_grants_need_if_match(scene: Scene) -> None:
    path = f"/spaces/{scene.space}/grants"
    grants = {"grants": [{"group": "00000000-0000-7000-8000-000000000002", "level": "see"}]}
    assert (await scene.manager("PUT", path, grants)).status_code == 428
    space = await scene.manager.get(f"/spaces/{scene.space}")
    tag = {"if-match": space.headers["etag"]}
    assert (await scene.manager("PUT", path, grants, headers=tag)).status_code == 200
    stale = await scene.manager("PUT", path, grants, headers=tag)
    assert (stale.status_code, stale.json()["current_version"]) == (412, space.json()["version"] + 1)


async def test_a_write_sent_again_is_answered_again(scene: Scene) -> None:
    path, key = f"/topics/{scene.topic['id']}/posts", {"idempotency-key": uuid4().hex}
    first = await scene.member("POST", path, {"body": "Once"}, headers=key)
    again = await scene.member("POST", path, {"body": "Once"}, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["cache-control"] == "private, no-store"
    other = await scene.member("POST", path, {"body": "Other"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "request.idempotency_key_reused")
    by_another = await scene.author("POST", path, {"body": "Other"}, headers=key)
    assert by_another.status_code == 201, "a key is the caller's own"
    elsewhere = await scene.member(
        "PATCH", f"/posts/{first.json()['id']}", {"body": "Elsewhere"}, headers=key
    )
    assert elsewhere.status_code == 200, "and the route's own"
    topic = await scene.reader.take(f"/topics/{scene.topic['id']}")
    assert topic["reply_count"] == 3


async def test_parallel_writes_with_one_key_happen_once(scene: Scene) -> None:
    path, key = f"/topics/{scene.topic['id']}/posts", {"idempotency-key": uuid4().hex}
    answers = await asyncio.gather(
        *(scene.member("POST", path, {"body": "Once"}, headers=key) for _ in range(6))
    )
    assert {a.status_code for a in answers} <= {201, 409}
    assert len({a.json()["id"] for a in answers if a.status_code == 201}) == 1
    topic = await scene.reader.take(f"/topics/{scene.topic['id']}")
    assert topic["reply_count"] == 2


async def test_a_held_key_is_said_to_be_running(scene: Scene) -> None:
    """Another transaction holds the key's lock, as a request that is still running does."""
    path, key = f"/topics/{scene.topic['id']}/posts", uuid4().hex
    async with scene.house.database.transaction() as session:
        row = _key_row(scene.member, "POST", f"/api/v1{path}", key)
        await session.execute(text("select pg_advisory_xact_lock(:id)"), {"id": int(row[:15], 16)})
        answer = await scene.member("POST", path, {"body": "x"}, headers={"idempotency-key": key})
    assert (answer.status_code, answer.json()["code"]) == (409, "request.still_running")


def _key_row(caller: Caller, method: str, path: str, key: str) -> str:
    return hashlib.sha256(f"{caller.id}\0{method} {path}\0{key}".encode()).hexdigest()


async def test_what_failed_is_not_stored(scene: Scene) -> None:
    path, key = f"/topics/{scene.topic['id']}/posts", {"idempotency-key": uuid4().hex}
    assert (await scene.member("POST", path, {"body": " "}, headers=key)).status_code == 422
    assert (await scene.reader("POST", path, {"body": "x"}, headers=key)).status_code == 403
    answer = await scene.member("POST", path, {"body": "x"}, headers=key)
    assert answer.status_code == 201
    assert "idempotency-replayed" not in answer.headers


async def test_a_key_has_a_form_and_an_owner(scene: Scene) -> None:
    path = f"/topics/{scene.topic['id']}/posts"
    for key in ("", "x" * 201, "\u00e9", "a\x01b"):
        answer = await scene.member("POST", path, {"body": "x"}, headers={"idempotency-key": key})
        assert (answer.status_code, answer.json()["code"]) == (422, "request.bad_idempotency_key")
    answer = await scene.guest("POST", path, {"body": "x"}, headers={"idempotency-key": "mine"})
    assert answer.status_code == 401


async def test_only_guests_reads_are_public(scene: Scene) -> None:
    space = await scene.house.space(anyone=scene.house.composition.anonymous_reading, members="post")
    topic = await scene.member.post("/topics", space=space, kind="question", title="For all", body="x")
    paths = ["/spaces", "/topics", "/search?q=x"]
    if scene.house.composition.anonymous_reading:
        paths += [f"/topics/{topic['id']}", f"/topics/{topic['id']}/posts", f"/spaces/{space}",
                  f"/posts/{topic['post']['id']}", f"/posts/{topic['post']['id']}/revisions"]  # fmt: skip
    for path in paths:
        answer = await scene.guest.get(path)
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "public, max-age=15", path
        assert answer.headers["vary"] == "Origin, Cookie, Authorization"
        assert "etag" in answer.headers
        for personal in ({"cookie": "a=b"}, scene.member.headers):
            answer = await scene.guest.get(path, headers=personal)
            assert answer.headers["cache-control"] == "private, no-store", path
    refused = [
        await scene.guest.get("/me"),
        await scene.guest.get(f"/topics/{scene.topic['id']}"),
        await scene.guest.get("/topics?limit=0"),
        await scene.guest.get("/nothing"),
        await scene.guest("POST", "/topics", {}),
    ]
    for answer in refused:
        assert answer.status_code >= 400
        assert answer.headers["cache-control"] == "private, no-store"


async def test_each_answer_has_an_id_and_its_guards(scene: Scene) -> None:
    for path in ("/topics", "/nothing", "/me"):
        answer = await scene.guest.get(path, headers={"x-request-id": "from-the-proxy-1"})
        assert answer.headers["x-request-id"] == "from-the-proxy-1"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    for bad in ("x", "x" * 65, "a b c d e f g h", "<script>alert(1)</script>"):
        answer = await scene.guest.get("/topics", headers={"x-request-id": bad})
        assert answer.headers["x-request-id"] != bad


async def test_a_bug_is_a_problem_with_an_id(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database going away in the middle is what nobody expected."""

    async def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("secret words")

    monkeypatch.setattr("shared.tools.spaces.lists.spaces", broken)
    answer = await house.guest.get("/spaces")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["cache-control"] == "private, no-store"
    assert "secret" not in answer.text


async def test_the_token_must_carry_the_scope(house: House) -> None:
    reader = Caller("reader", house.client, house.token("scoped", scope="community:read"))
    assert (await reader.get("/topics")).status_code == 200
    refused = await reader("PATCH", "/me", {"bio": "x"})
    assert refused.status_code == 403
    assert refused.json()["scope"] == "community:write"
    assert refused.headers["www-authenticate"] == 'Bearer error="insufficient_scope", scope="community:write"'


async def test_limits_are_told_and_kept(house: House) -> None:
    composition = COMPOSITIONS[house.name]
    url = house.database.url.render_as_string(hide_password=False)
    app = composition.app(
        url,
        house.identity,
        rate_limit_address="3/minute",
        rate_limit_person="5/minute",
        rate_limit_sign_in="2/minute",
    )
    transport = httpx.ASGITransport(app, client=("203.0.113.9", 1))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=composition.public_url) as client,
    ):
        guest, member = Caller("guest", client), Caller("member", client, house.token("limited"))
        for left in (2, 1, 0):
            answer = await guest.get("/topics")
            assert answer.status_code == 200
            assert answer.headers["ratelimit-policy"] == '"address";q=3;w=60'
            assert answer.headers["ratelimit"].startswith(f'"address";r={left};t=')
        for path in ("/topics", "/nothing"):
            answer = await guest.get(path)
            assert answer.headers["ratelimit"].startswith('"address";r=0;')
        answer = await guest.get("/topics")
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= 61
        assert answer.json()["code"] == "request.too_many"
        assert (await Caller("bad", client, "bad-token").get("/topics")).status_code == 429
        for _ in range(5):
            answer = await member.get("/topics")
            assert answer.status_code == 200, "a person counts alone, wherever they call from"
            assert answer.headers["ratelimit-policy"] == '"person";q=5;w=60'
        assert (await member.get("/topics")).status_code == 429
        other = Caller("other", client, house.token("limited-too"))
        assert (await other.get("/topics")).status_code == 200
        codes = [(await client.get("/sign-in")).status_code for _ in range(3)]
        assert codes == [303, 303, 429]


async def test_health(house: House) -> None:
    assert (await house.client.get("/healthz")).text == "ok\n"
    assert (await house.client.get("/readyz")).json() == {"ready": True}


async def test_the_openapi_document_names_every_endpoint(house: House) -> None:
    document = (await house.client.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    for path in (
        "/api/v1/topics",
        "/api/v1/topics/{topic_id}/accepted-answer",
        "/api/v1/search",
        "/api/v1/me",
    ):
        assert path in document["paths"], json.dumps(list(document["paths"]))
