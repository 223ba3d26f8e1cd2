"""Whatever is sent, the answer is a problem that names the field, and never a 500."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.tools.conftest import Scene

pytestmark = pytest.mark.asyncio(loop_scope="session")

TOPIC: dict[str, Any] = {"kind": "question", "title": "A fine title", "body": "Text", "tags": ["a"]}

BODIES: list[tuple[str, str, dict[str, Any], str]] = [
    ("POST", "/topics", {"surprise": 1}, "/surprise"),
    ("POST", "/topics", {"title": 7}, "/title"),
    ("POST", "/topics", {"title": None}, "/title"),
    ("POST", "/topics", {"title": "x" * 201}, "/title"),
    ("POST", "/topics", {"title": ""}, "/title"),
    ("POST", "/topics", {"title": " \u200b\u200b\u200b "}, "/title"),
    ("POST", "/topics", {"title": "\x00\x00\x00\x00"}, "/title"),
    ("POST", "/topics", {"title": "half \ud800"}, "/title"),
    ("POST", "/topics", {"body": ""}, "/body"),
    ("POST", "/topics", {"body": "x" * 50_001}, "/body"),
    ("POST", "/topics", {"body": "half \udfff"}, "/body"),
    ("POST", "/topics", {"body": ["x"]}, "/body"),
    ("POST", "/topics", {"tags": "a"}, "/tags"),
    ("POST", "/topics", {"tags": ["a"] * 9}, "/tags"),
    ("POST", "/topics", {"tags": ["A B"]}, "/tags/0"),
    ("POST", "/topics", {"tags": ["a\x00"]}, "/tags/0"),
    ("POST", "/topics", {"tags": ["a\n"]}, "/tags/0"),
    ("POST", "/topics", {"space": "nowhere"}, "/space"),
    ("POST", "/topics", {"space": None}, "/space"),
    ("PATCH", "/topics/{topic}", {"closed": "perhaps"}, "/closed"),
    ("PATCH", "/topics/{topic}", {"title": "ab"}, "/title"),
    ("PATCH", "/topics/{topic}", {"author": "me"}, "/author"),
    ("PATCH", "/topics/{topic}", {"title": "A new title", "reason": "x" * 201}, "/reason"),
    ("POST", "/topics/{topic}/posts", {"body": 1}, "/body"),
    ("POST", "/topics/{topic}/posts", {}, "/body"),
    ("POST", "/topics/{topic}/posts", {"body": "x", "reply_to": "that one"}, "/reply_to"),
    ("PATCH", "/posts/{reply}", {"body": "x", "score": 99}, "/score"),
    ("PUT", "/posts/{reply}/vote", {"value": 2}, "/value"),
    ("PUT", "/posts/{reply}/vote", {"value": True}, "/value"),
    ("PUT", "/posts/{reply}/vote", {"value": "1"}, "/value"),
    ("PUT", "/posts/{reply}/vote", {}, "/value"),
    ("PUT", "/topics/{topic}/accepted-answer", {"post": 5}, "/post"),
    ("PATCH", "/me", {"bio": "x" * 2001}, "/bio"),
    ("PATCH", "/me", {"name": "Somebody else"}, "/name"),
    ("PATCH", "/me", {"time_zone": "Mars/Olympus"}, "/time_zone"),
    ("PATCH", "/me", {"time_zone": "../../etc/passwd"}, "/time_zone"),
    ("POST", "/spaces", {"slug": "No Slug", "name": "x"}, "/slug"),
    ("POST", "/spaces", {"slug": "fine-slug", "name": "\u200b"}, "/name"),
    ("POST", "/spaces", {"slug": "fine-slug", "name": "x", "kinds": []}, "/kinds"),
    ("POST", "/spaces", {"slug": "fine-slug", "name": "x", "kinds": ["poem\x00"]}, "/kinds"),
    ("POST", "/spaces", {"slug": "fine-slug", "name": "x", "position": 10**30}, "/position"),
    ("POST", "/spaces", {"slug": "fine-slug", "name": "x", "position": 1.5}, "/position"),
    ("POST", "/groups", {"slug": "g" * 61, "name": "x"}, "/slug"),
    ("PUT", "/spaces/{space}/grants", {"grants": []}, "/grants"),
    ("PUT", "/spaces/{space}/grants", {"grants": [{"group": "x", "level": "see"}]}, "/grants/0/group"),
    ("PUT", "/spaces/{space}/grants", {"grants": [{"group": "{topic}", "level": "own"}]}, "/grants/0/level"),
    ("PUT", "/spaces/{space}/grants", {"grants": [{"group": "{topic}", "level": "see"}]}, "/grants"),
]

QUERIES = [
    ("/topics?limit=0", "/limit"),
    ("/topics?limit=101", "/limit"),
    ("/topics?limit=-1", "/limit"),
    ("/topics?limit=ten", "/limit"),
    ("/topics?limit=99999999999999999999999", "/limit"),
    ("/topics?cursor=nonsense", "/cursor"),
    ("/topics?cursor=%FF%FE", "/cursor"),
    ("/topics?cursor=" + "A" * 501, "/cursor"),
    ("/topics?space=7", "/space"),
    ("/topics?author=%00", "/author"),
    ("/topics?tag=%00", "/tag"),
    ("/topics?kind=a%00b", "/kind"),
    ("/topics?tag=" + "t" * 36, "/tag"),
    ("/topics/{topic}/posts?limit=1000", "/limit"),
    ("/topics/{topic}/posts?reply_to=x", "/reply_to"),
    ("/topics/{topic}/posts?cursor=e30", "/cursor"),
    ("/topics/not-an-id", "/topic_id"),
    ("/posts/%00", "/post_id"),
    ("/posts/not-an-id/revisions", "/post_id"),
    ("/spaces/not-an-id", "/space_id"),
    ("/search?q=", "/q"),
    ("/search", "/q"),
    ("/search?q=%00", "/q"),
    ("/search?q=" + "q" * 201, "/q"),
    ("/search?q=x&limit=0", "/limit"),
]

HARMLESS = [
    "/topics?tag=%F0%9F%98%80",
    "/topics?tag=%ED%A0%80",
    "/topics?kind=nothing",
    "/search?q=%27%22%29%28%26%7C%21%3A%2A%3C-%3E",
    "/search?q=%22never closed",
    "/search?q=-",
    "/search?q=" + "a " * 100,
    "/search?q=%E2%80%AE%ED%A0%80",
    "/topics?limit=100&unknown=%00",
]


def names(scene: Scene) -> dict[str, str]:
    return {"space": str(scene.space), "topic": scene.topic["id"], "reply": scene.reply["id"]}


def is_problem(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["type"] == f"/problems/{problem['code']}"
    assert problem["request_id"] == answer.headers["x-request-id"]
    return problem


async def test_each_bad_field_is_named(scene: Scene) -> None:
    for method, path, wrong, pointer in BODIES:
        body = {"space": str(scene.space), **TOPIC, **wrong} if path == "/topics" else wrong
        text = json.dumps(body).replace("{topic}", scene.topic["id"])
        answer = await scene.manager(
            method,
            path.format(**names(scene)),
            content=text.encode(),
            headers={"content-type": "application/json", "if-match": '"v2"'},
        )
        problem = is_problem(answer, 422)
        pointers = [error["pointer"] for error in problem["errors"]]
        assert pointers == [pointer], f"{method} {path} {text[:80]}: {problem}"


async def test_each_bad_parameter_is_named(scene: Scene) -> None:
    for path, pointer in QUERIES:
        answer = await scene.member.get(path.format(**names(scene)))
        if "posts/%00" in path:
            assert answer.status_code in (404, 422)
            continue
        problem = is_problem(answer, 422)
        assert [error["pointer"] for error in problem["errors"]] == [pointer], f"{path}: {problem}"


async def test_odd_words_are_words(scene: Scene) -> None:
    for path in HARMLESS:
        answer = await scene.member.get(path)
        assert answer.status_code in (200, 422), f"{path}: {answer.text}"
        if answer.status_code == 200:
            assert answer.json()["data"] == [] or "limit=100" in path


@pytest.mark.parametrize(
    "sent",
    [
        b"{",
        b"",
        b"[1, 2",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'"text"',
        b"[" * 100_000,
        b'{"body": ' + b"9" * 5000 + b"}",
        b"NaN",
        b'{"body": "a", "body": 1e999}',
    ],
)
async def test_what_is_not_json_is_said_so(scene: Scene, sent: bytes) -> None:
    answer = await scene.member(
        "POST",
        f"/topics/{scene.topic['id']}/posts",
        content=sent,
        headers={"content-type": "application/json"},
    )
    is_problem(answer, 422)


async def test_other_content_types_are_not_read_as_json(scene: Scene) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "nonsense"):
        path = f"/topics/{scene.topic['id']}/posts"
        answer = await scene.member("POST", path, content=b'{"body": "x"}', headers={"content-type": kind})
        is_problem(answer, 422)


async def test_a_huge_body_is_refused_declared_or_not(scene: Scene) -> None:
    path, kind = f"/topics/{scene.topic['id']}/posts", {"content-type": "application/json"}
    huge = b'{"body": "' + b"x" * 1_100_000 + b'"}'

    async def in_pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(huge), 65_536):
            yield huge[start : start + 65_536]

    is_problem(await scene.member("POST", path, content=huge, headers=kind), 413)
    is_problem(await scene.member("POST", path, content=in_pieces(), headers=kind), 413)


async def test_a_wrong_method_says_which_are_right(scene: Scene) -> None:
    for method, path, allowed in (
        ("DELETE", "/topics", "GET, POST"),
        ("PUT", f"/topics/{scene.topic['id']}", "DELETE, GET, PATCH"),
        ("POST", "/me", "GET, PATCH"),
        ("GET", f"/posts/{scene.reply['id']}/vote", "DELETE, PUT"),
    ):
        answer = await scene.member(method, path)
        is_problem(answer, 405)
        assert answer.headers["allow"] == allowed


async def test_an_unknown_address_is_a_problem_too(scene: Scene) -> None:
    is_problem(await scene.member.get("/nothing-here"), 404)


async def test_an_unknown_reaction_and_kind_are_named(scene: Scene) -> None:
    for name in ("hate", "%00", "%F0%9F%98%80", "a" * 3000):
        answer = await scene.member("PUT", f"/posts/{scene.reply['id']}/reactions/{name}")
        assert answer.status_code in (404, 422), answer.text
    for kind in ("poem", "question\x00", "article"):
        answer = await scene.author("POST", "/topics", {**TOPIC, "space": str(scene.space), "kind": kind})
        is_problem(answer, 422)


async def test_nothing_to_read_is_no_post(scene: Scene) -> None:
    for body in (
        "   ",
        "\n\n",
        "\u200b",
        "<!-- nothing -->",
        "&nbsp;",
        "[](x)",
        "\x00",
        "<script>x</script>",
    ):
        answer = await scene.member("POST", f"/topics/{scene.topic['id']}/posts", {"body": body})
        problem = is_problem(answer, 422)
        assert problem["code"] == "topics.empty_body", body


async def test_bad_credentials_are_401(scene: Scene) -> None:
    for header in (
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer a.b.c",
        "Basic YTpi",
        "Bearer \u00e9",
        "x" * 20_000,
        "Bearer " + "x" * 20_000,
    ):
        for path in ("/topics", f"/topics/{scene.topic['id']}", "/me"):
            answer = await scene.guest.get(path, headers={"authorization": header})
            is_problem(answer, 401)
            assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_a_session_cookie_opens_nothing_in_the_api(scene: Scene) -> None:
    answer = await scene.guest.get("/me", headers={"cookie": "narrowbridge-employee-8001=x"})
    is_problem(answer, 401)
    assert answer.headers["cache-control"] == "private, no-store"
