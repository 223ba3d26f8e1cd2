"""Official answers as nobody should write them: each is refused where it is written, or can be shown."""

import json
from typing import Any

import pytest

from customer_service.bridge.scrub import findings
from shared.bridge.messages import Reply
from shared.web.markdown import render
from tests.bridge.conftest import Outside
from tests.bridge.inside import Inside
from tests.bridge.test_desk import shared_ref

ODD: list[tuple[dict[str, str], str]] = [
    ({"public_name": "Sup\x00port"}, "/public_name"),
    ({"public_name": "Support\nteam"}, "/public_name"),
    ({"public_name": "Support \u202emaet"}, "/public_name"),
    ({"public_name": "\u200b"}, "/public_name"),
    ({"body": "a\x00b"}, "/body"),
    ({"body": "a\x07b"}, "/body"),
    ({"body": "\n \n"}, "/body"),
    ({"body": "\u200b"}, "/body"),
    ({"body": "<!-- nothing -->"}, "/body"),
    ({"body": "half \ud800"}, "/body"),
]


def answer(**changes: str) -> bytes:
    return json.dumps({"body": "Update it.", "public_name": "Support"} | changes).encode()


@pytest.mark.parametrize(("changes", "pointer"), ODD)
async def test_the_bridge_refuses_what_nobody_could_read(
    outside: Outside, changes: dict[str, str], pointer: str
) -> None:
    await outside.share()
    refused = await send(outside, answer(**changes))
    assert refused.status_code == 422, refused.text
    assert [fault["pointer"] for fault in refused.json()["errors"]] == [pointer]


@pytest.mark.parametrize(("changes", "pointer"), ODD)
async def test_the_desk_refuses_it_before_it_is_queued(
    outside: Outside, inside: Inside, changes: dict[str, str], pointer: str
) -> None:
    ref = await shared_ref(outside, inside)
    for path in ("answers", "answers/preview"):
        refused = await inside.http.post(
            f"/api/v1/desk/threads/{ref}/{path}",
            content=answer(**changes),
            headers={"Authorization": f"Bearer {inside.token()}", "Content-Type": "application/json"},
        )
        assert refused.status_code == 422, refused.text
        assert [fault["pointer"] for fault in refused.json()["errors"]] == [pointer]


async def test_a_body_nested_without_end_is_no_message(outside: Outside) -> None:
    await outside.share()
    for raw in (b"[" * 100_000, b'{"body":' * 50_000):
        refused = await send(outside, raw)
        assert (refused.status_code, refused.json()["code"]) == (422, "bridge.bad_message")


async def send(outside: Outside, raw: bytes) -> Any:
    headers = {"Authorization": f"Bearer {outside.staff()}", "Idempotency-Key": "k-1"}
    return await outside.http.post(
        f"/bridge/v1/threads/{await outside.ref()}/replies", content=raw, headers=headers
    )


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("Ask 10.0.0.7.", "internal_address"),
        ("It listens on fd12:3456::1 only", "internal_address"),
        ("Go to http://[fe80::1]/", "internal_address"),
        ("See https://wiki.", "internal_host"),
        ("See https://wiki, please", "internal_host"),
        ("Clone ssh://build/gateway", "internal_host"),
        ("Clone ssh://git@build/gateway", "internal_host"),
        (r"It lies on \\files\gateway", "internal_host"),
        ("Look at build_2.corp", "internal_host"),
        ("Look at b\u00fcro.corp", "internal_host"),
        ("Look at db1\u200b.internal", "internal_host"),
        ("Look at db1&#46;internal", "internal_host"),
        (r"Write to ada\@company.example", "email_address"),
        ("Write to ada&#64;company.example", "email_address"),
        ("Write to ada\uff20company.example", "email_address"),
        ("[Write](mailto:ada%40company.example)", "email_address"),
        ("Yours, Tomas\nBerg", "staff_name"),
        ("Yours, Tomas  Berg", "staff_name"),
        ("Yours, Tomas&nbsp;Berg", "staff_name"),
        ("Yours, **Tomas** Berg", "staff_name"),
    ],
)
def test_what_a_customer_would_read_is_what_is_looked_at(body: str, code: str) -> None:
    reply = Reply(body=body, public_name="Support")
    found = findings(
        reply, render(reply.body), internal_endings=("internal", "corp"), staff_name="Tomas Berg"
    )
    assert [(fault.pointer, fault.code) for fault in found] == [("/body", f"bridge.{code}")]


@pytest.mark.parametrize(
    "body",
    [
        "See https://example.com/a, or http://docs.example.com.",
        "Version 10.2.0.1.7 at 12:30:45 is `std::vector`, a::b or 192.0.2.1.1",
        "Set `net.internal_port` and write `a@b`",
        "Use 8.8.8.8 or https://example.com:8080/",
        "A path C:\\\\files and a corporation.",
    ],
)
def test_what_is_public_passes(body: str) -> None:
    reply = Reply(body=body, public_name="Support")
    assert (
        findings(reply, render(reply.body), internal_endings=("internal", "corp"), staff_name="Tomas Berg")
        == []
    )
