"""`traceparent` (W3C Trace Context, Level 1): taken when well-formed, put into logs, passed on."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import structlog
from fastapi import FastAPI

from shared.web.logs import set_up_logs
from shared.web.trace import CURRENT, span_of, traced
from tests.web.around import an_app, caller

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GOOD = f"00-{TRACE}-{PARENT}-01"
HEADER = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-0[01]")


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as captured:
        yield captured


@pytest.mark.parametrize(
    "header", [GOOD, f"00-{TRACE}-{PARENT}-00", f"cc-{TRACE}-{PARENT}-ff", f"cc-{TRACE}-{PARENT}-01-later"]
)
def test_a_well_formed_one_is_continued(header: str) -> None:
    span = span_of(header.encode())
    assert span.trace_id == TRACE
    assert span.span_id != PARENT
    assert span.sampled is (header.split("-")[3] != "00")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "canary",
        f"00-{TRACE}-{PARENT}",
        f"00-{TRACE}-{PARENT}-01-more",
        f"00-{TRACE}-{PARENT}-01-",
        f"cc-{TRACE}-{PARENT}-01more",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{PARENT}-0x",
        f" {GOOD}",
        f"{GOOD}, {GOOD}",
        f"{GOOD}\n",
    ],
)
def test_a_malformed_one_is_ignored(header: str) -> None:
    span = span_of(header.encode())
    assert re.fullmatch("[0-9a-f]{32}", span.trace_id)
    assert span.trace_id != TRACE


async def test_the_line_of_a_request_names_its_trace(lines: list[Any]) -> None:
    async with caller(an_app()) as http:
        await http.get("/api/v1/things/a", headers={"traceparent": GOOD, "x-request-id": "request-1"})
        await http.get("/api/v1/things/a", headers={"traceparent": "nonsense-with-a-canary"})
    first, second = lines
    assert (first["trace_id"], first["request_id"]) == (TRACE, "request-1")
    assert re.fullmatch("[0-9a-f]{16}", first["span_id"])
    assert second["trace_id"] != TRACE
    assert "canary" not in str(second)
    assert CURRENT.get() is None


async def test_two_headers_are_none(lines: list[Any]) -> None:
    async with caller(an_app()) as http:
        other = GOOD.replace("4bf9", "5bf9")
        await http.get("/api/v1/things/a", headers=[("traceparent", GOOD), ("traceparent", other)])
    assert lines[0]["trace_id"] not in (TRACE, other.split("-")[1])


def an_asking_app(heard: list[httpx.Request]) -> FastAPI:
    def answer(request: httpx.Request) -> httpx.Response:
        heard.append(request)
        return httpx.Response(200)

    app, http = an_app(), traced(httpx.AsyncClient(transport=httpx.MockTransport(answer)))

    @app.get("/ask")
    async def ask() -> None:
        structlog.get_logger("test").warning("asking")
        await http.get("http://elsewhere/")
        await http.get("http://elsewhere/")

    return app


async def test_a_call_for_a_request_continues_its_trace(lines: list[Any]) -> None:
    heard: list[httpx.Request] = []
    async with caller(an_asking_app(heard)) as http:
        await http.get("/ask", headers={"traceparent": GOOD, "tracestate": "vendor=canary"})
    sent = [HEADER.fullmatch(request.headers["traceparent"]) for request in heard]
    assert [match and match[1] for match in sent] == [TRACE, TRACE]
    spans = {match[2] for match in sent if match}
    assert len(spans - {PARENT, lines[-1]["span_id"]}) == 2
    assert "canary" not in str([request.headers for request in heard])


async def test_every_line_of_a_request_names_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    before = structlog.get_config()
    try:
        set_up_logs(development=False)
        structlog.configure(cache_logger_on_first_use=False)
        async with caller(an_asking_app([])) as http:
            await http.get("/ask", headers={"traceparent": GOOD})
    finally:
        structlog.configure(**before)
    asking = next(line for line in capsys.readouterr().err.splitlines() if '"asking"' in line)
    assert f'"trace_id":"{TRACE}"' in asking.replace('": "', '":"')


async def test_calls_for_nobody_s_request_name_no_trace() -> None:
    heard: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        heard.append(request)
        return httpx.Response(200)

    await traced(httpx.AsyncClient(transport=httpx.MockTransport(answer))).get("http://elsewhere/")
    assert "traceparent" not in heard[0].headers
