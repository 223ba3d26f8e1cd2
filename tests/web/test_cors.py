"""Pages of registered origins may read the API, without cookies; nobody else, and nothing else."""

import asyncio

import httpx
import pytest

from shared.web.cors import EXPOSED, Cors, Origins, from_identity
from tests.web.around import an_app, caller

PAGE = "https://app.example.com"
ASKED = {
    "origin": PAGE,
    "access-control-request-method": "PATCH",
    "access-control-request-headers": "authorization,if-match",
}
HEADERS = ("authorization", "content-type", "dpop", "idempotency-key", "if-match", "if-none-match",
           "traceparent", "x-request-id")  # fmt: skip


async def origins(*known: str) -> Origins:
    async def ask() -> list[str]:
        return list(known)

    made = Origins(ask)
    await made.refresh()
    return made


async def an_open_app() -> httpx.AsyncClient:
    return caller(an_app(cors=Cors(await origins(PAGE), prefixes=("/api/v1/",))))


def allowed(answer: httpx.Response) -> str | None:
    assert "access-control-allow-credentials" not in answer.headers
    found: str | None = answer.headers.get("access-control-allow-origin")
    return found


async def test_a_preflight_of_a_registered_page_is_answered() -> None:
    async with await an_open_app() as http:
        answer = await http.options("/api/v1/things/a", headers=ASKED)
    assert answer.status_code == 204
    assert allowed(answer) == PAGE
    assert "PATCH" in answer.headers["access-control-allow-methods"].split(", ")
    given = answer.headers["access-control-allow-headers"].lower().split(", ")
    assert given == list(HEADERS)
    assert answer.headers["access-control-max-age"] == "600"
    assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize("name", ["a", "hidden", "broken"])
async def test_every_answer_may_be_read_refusals_and_failures_too(name: str) -> None:
    async with await an_open_app() as http:
        answer = await http.get(f"/api/v1/things/{name}", headers={"origin": PAGE})
    assert allowed(answer) == PAGE
    assert answer.headers["access-control-expose-headers"].encode() == EXPOSED
    assert "Origin" in answer.headers["vary"]


async def test_a_public_answer_varies_by_all_it_depends_on() -> None:
    async with await an_open_app() as http:
        answer = await http.get("/api/v1/things/a")
    assert answer.headers["cache-control"].startswith("public")
    assert set(answer.headers["vary"].split(", ")) == {"Origin", "Cookie", "Authorization"}
    assert allowed(answer) is None


@pytest.mark.parametrize(
    "origin",
    ["https://app.example.com.evil.example", "https://evil.example", "http://app.example.com", "null", "*",
     "https://app.example.com:8443", "https://APP.example.com", "", "https://x.app.example.com", f"{PAGE}/"],
)  # fmt: skip
async def test_another_origin_is_told_nothing(origin: str) -> None:
    async with await an_open_app() as http:
        asked = await http.options("/api/v1/things/a", headers=ASKED | {"origin": origin})
        read = await http.get("/api/v1/things/a", headers={"origin": origin})
    assert asked.status_code == 405
    for answer in (asked, read):
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert "Origin" in answer.headers["vary"]


async def test_pages_are_never_opened() -> None:
    async with await an_open_app() as http:
        for path in ("/page/a", "/healthz", "/metrics", "/docs", "/api/v10/x"):
            asked = await http.options(path, headers=ASKED)
            read = await http.get(path, headers={"origin": PAGE})
            assert asked.status_code >= 400
            assert allowed(asked) is allowed(read) is None


async def test_the_last_known_set_is_kept_while_identity_is_away() -> None:
    answers: list[httpx.Response | Exception] = [
        httpx.ConnectError("down"),
        httpx.Response(200, json={"origins": [PAGE]}),
        httpx.ConnectError("down"),
        httpx.Response(500),
        httpx.Response(401, json={}),
        httpx.Response(200, text="no json"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"origins": "https://evil.example"}),
        httpx.Response(200, json={"origins": ["https://ümlaut.example"]}),
        httpx.Response(200, json={"origins": []}),
    ]
    heard = []

    def answer(request: httpx.Request) -> httpx.Response:
        heard.append(request)
        following = answers[len(heard) - 1]
        if isinstance(following, Exception):
            raise following
        return following

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    ask = from_identity(http, "http://identity", audience="http://localhost:8001", client=("a b", "s:c"))
    known = Origins(ask)
    admitted = []
    for _ in answers:
        await known.refresh()
        admitted.append(known.admits(PAGE.encode()))
        assert not known.admits(b"https://evil.example")
    assert admitted == [False, *[True] * (len(answers) - 2), False]
    assert heard[0].headers["authorization"] == "Basic YSUyMGI6cyUzQWM="
    assert str(heard[0].url) == "http://identity/oauth/origins?audience=http%3A%2F%2Flocalhost%3A8001"


async def test_the_set_is_asked_for_while_the_app_runs() -> None:
    asked = asyncio.Event()

    async def ask() -> list[str]:
        asked.set()
        return [PAGE]

    app = an_app(cors=Cors(Origins(ask), prefixes=("/api/v1/",)))
    async with app.router.lifespan_context(app), asyncio.timeout(5), caller(app) as http:
        await asked.wait()
        assert allowed(await http.get("/api/v1/things/a", headers={"origin": PAGE})) == PAGE
