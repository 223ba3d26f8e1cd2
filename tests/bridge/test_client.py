"""The client of the bridge names what went wrong and keeps nothing that is no message."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from shared.bridge.client import BridgeClient
from shared.bridge.errors import (
    BridgeClosed,
    BridgeForbidden,
    BridgeRefused,
    BridgeUnreachable,
    ContractBroken,
    NotShared,
    PurgeOverdue,
    ReplyRefused,
)
from shared.bridge.messages import Reply

REF = "0" * 31 + "1"
CROSSING = {"Crossing-Id": "c-1"}
PAGE: dict[str, Any] = {"data": [], "next_cursor": None}
Answer = Callable[[httpx.Request], httpx.Response]


def bridge(answer: Answer) -> BridgeClient:
    return BridgeClient("http://localhost:8003", transport=httpx.MockTransport(answer))


def problem(status: int, code: str, **more: Any) -> httpx.Response:
    body = {"type": f"/problems/{code}", "title": "t", "status": status, "detail": "d", "code": code}
    return httpx.Response(
        status,
        json=body | {"request_id": "r"} | more,
        headers=CROSSING | {"Content-Type": "application/problem+json"},
    )


async def test_a_read_gives_the_message_and_what_the_ledger_needs() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=PAGE, headers=CROSSING)

    async with bridge(answer) as client:
        crossing = await client.threads("token", filters={"purpose": "support"}, cursor="c")
    assert crossing.body.data == []
    assert (crossing.crossing_id, crossing.direction, crossing.message) == ("c-1", "outward", "thread_list")
    assert crossing.carried == PAGE
    assert seen[0].headers["authorization"] == "Bearer token"
    assert dict(seen[0].url.params) == {"purpose": "support", "cursor": "c"}


async def test_a_write_books_what_was_sent() -> None:
    receipt = {"ref": REF, "thread_ref": REF, "state": "accepted"}
    async with bridge(lambda _: httpx.Response(202, json=receipt, headers=CROSSING)) as client:
        crossing = await client.reply("token", REF, Reply(body="Yes", public_name="Support"), key="k")
    assert (crossing.direction, crossing.message) == ("inward", "reply")
    assert crossing.carried == {"body": "Yes", "public_name": "Support"}


@pytest.mark.parametrize(
    ("answer", "error", "booked"),
    [
        (problem(503, "bridge.closed"), BridgeClosed, False),
        (problem(403, "bridge.purge_overdue"), PurgeOverdue, True),
        (problem(403, "bridge.missing_scope", scope="bridge:read"), BridgeForbidden, True),
        (problem(403, "bridge.unknown_caller"), BridgeForbidden, False),
        (problem(401, "request.unauthenticated"), BridgeForbidden, False),
        (problem(404, "bridge.not_shared"), NotShared, True),
        (problem(404, "request.not_found"), NotShared, False),
        (problem(422, "bridge.reply_reveals", errors=[]), ReplyRefused, True),
        (problem(500, "internal.error"), BridgeRefused, False),
    ],
)
async def test_a_refusal_is_named(
    answer: httpx.Response, error: type[BridgeRefused], *, booked: bool
) -> None:
    async with bridge(lambda _: answer) as client:
        with pytest.raises(error) as caught:
            await client.thread("token", REF)
    assert caught.value.booked is booked
    assert caught.value.carried["code"] == caught.value.code


async def test_no_answer_is_unreachable() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    async with bridge(refuse) as client:
        with pytest.raises(BridgeUnreachable):
            await client.changes("token", None)


async def test_an_answer_of_something_else_is_unreachable() -> None:
    async with bridge(lambda _: httpx.Response(502, text="<h1>Bad gateway</h1>")) as client:
        with pytest.raises(BridgeUnreachable):
            await client.ledger("token")


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, json=PAGE | {"email": "a@example.com"}, headers=CROSSING),
        httpx.Response(200, json=PAGE),
        httpx.Response(200, json=[], headers=CROSSING),
        httpx.Response(200, text="hello", headers=CROSSING),
        httpx.Response(200, json={"data": []}, headers=CROSSING),
    ],
)
async def test_what_is_no_message_is_not_read(answer: httpx.Response) -> None:
    async with bridge(lambda _: answer) as client:
        with pytest.raises(ContractBroken):
            await client.threads("token")


async def test_what_is_no_ref_never_becomes_an_address() -> None:
    async with bridge(lambda _: httpx.Response(200, json=PAGE, headers=CROSSING)) as client:
        with pytest.raises(ValueError, match="badly formed"):
            await client.thread("token", "../ledger")
