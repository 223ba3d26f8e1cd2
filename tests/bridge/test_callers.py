"""Who may call the bridge: the table of its specification, every row of it (identity says who, the bridge
decides)."""

import asyncio
from typing import Any

import pytest

from shared.bridge.client import BridgeClient
from shared.bridge.errors import BridgeForbidden
from tests.bridge.conftest import BRIDGE, Outside, outside_of
from tests.bridge.identity import PretendedIdentity
from tests.fixtures.databases import World

READS = "bridge:read bridge:reply"
OWN = "bridge:changes bridge:ledger"

REFUSED: list[tuple[str, dict[str, Any], int, str]] = [
    ("a staff token without act", {"act": None}, 403, "bridge.not_delegated"),
    ("a staff token of another actor", {"act": {"sub": "customer-community"}}, 403, "bridge.unknown_caller"),
    ("a token that lives too long", {"exp": 4_000_000_000}, 403, "bridge.not_delegated"),
    ("staff without the role", {"roles": ["community_manager"]}, 403, "bridge.not_customer_facing"),
    ("a customer", {"realm": "customer"}, 403, "bridge.unknown_caller"),
    ("a token for another audience", {"aud": "http://localhost:8001"}, 401, "oidc.invalid_token"),
    ("a token of another issuer", {"iss": "http://localhost:9999"}, 401, "oidc.invalid_token"),
    ("an expired token", {"exp": 1_000_000_000}, 401, "oidc.invalid_token"),
    ("a token without the scope", {"scope": "bridge:reply"}, 403, "bridge.missing_scope"),
    (
        "an unknown client",
        {"client_id": "stranger", "act": {"sub": "stranger"}},
        403,
        "bridge.unknown_caller",
    ),
]


@pytest.mark.parametrize(
    ("changes", "status", "code"), [row[1:] for row in REFUSED], ids=[r[0] for r in REFUSED]
)
async def test_who_is_refused(outside: Outside, changes: dict[str, Any], status: int, code: str) -> None:
    answer = await outside.get("/threads", outside.staff(**({"scope": READS} | changes)))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["crossing-id"]
    assert answer.headers["cache-control"] == "no-store"


async def test_no_token_is_refused(outside: Outside) -> None:
    for path in ("/threads", "/changes", "/ledger"):
        answer = await outside.get(path, None)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("path", "who", "code"),
    [
        ("/changes", "staff", "bridge.not_for_people"),
        ("/ledger", "staff", "bridge.not_for_people"),
        ("/threads", "program", "bridge.missing_scope"),
    ],
)
async def test_people_and_programs_have_their_own_doors(
    outside: Outside, path: str, who: str, code: str
) -> None:
    token = outside.staff(f"{READS} {OWN}") if who == "staff" else outside.program(OWN)
    answer = await outside.get(path, token)
    assert (answer.status_code, answer.json()["code"]) == (403, code)


async def test_a_program_cannot_answer(outside: Outside) -> None:
    await outside.ask()
    headers = {
        "Authorization": f"Bearer {outside.program('bridge:reply')}",
        "Idempotency-Key": "k",
    }
    path = f"/bridge/v1/threads/{await outside.ref()}/replies"
    answer = await outside.http.post(path, json={"body": "x", "public_name": "y"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "bridge.not_for_programs")


async def test_a_token_for_answering_does_not_read(outside: Outside) -> None:
    """What a queued answer is delivered with admits answering alone."""
    await outside.ask()
    ref = await outside.ref()
    with pytest.raises(BridgeForbidden):
        await outside.client.thread(outside.staff("bridge:reply"), ref)


async def test_the_closed_bridge_answers_nobody(world: World, identity: PretendedIdentity) -> None:
    urls = await world.database("customer")
    async with outside_of(urls, identity, BRIDGE_ENABLED=False) as outside:
        for path in ("/manifest", "/threads", "/changes", "/ledger"):
            answer = await outside.get(path, outside.staff())
            assert (answer.status_code, answer.json()["code"]) == (503, "bridge.closed")
        assert (await outside.http.get("/healthz")).status_code == 200


async def test_the_manifest_is_for_everybody(outside: Outside) -> None:
    answer = await outside.get("/manifest", None)
    assert answer.status_code == 200
    assert answer.json()["version"] == 1
    front = await outside.http.get("/")
    assert front.status_code == 200
    assert 'href="/what-can-be-shared"' in front.text
    page = await outside.http.get("/what-can-be-shared")
    assert page.status_code == 200
    assert "Nothing passes unless somebody shares it" in page.text


async def test_a_cursor_is_for_one_caller_and_one_list(outside: Outside) -> None:
    await outside.ask()
    await outside.work()
    mine = (await outside.client.changes(outside.program(), None)).body.next_cursor
    await outside.sql(
        "insert into bridge_consumers (id, client_id, name, audiences, purposes, registered_at)"
        " values (gen_random_uuid(), 'demo-crm', 'CRM', '{staff}', '{support}', now())"
    )
    crm = outside.program(OWN, "demo-crm")
    for path, token in (("/changes", crm), ("/ledger", outside.program())):
        answer = await outside.get(path, token, cursor=mine)
        assert (answer.status_code, answer.json()["code"]) == (422, "bridge.bad_cursor")


async def test_the_ledger_shows_ones_own_crossings_only(outside: Outside) -> None:
    await outside.sql(
        "insert into bridge_consumers (id, client_id, name, audiences, purposes, registered_at)"
        " values (gen_random_uuid(), 'demo-crm', 'CRM', '{staff}', '{support}', now())"
    )
    await outside.client.threads(outside.staff())
    await outside.client.threads(outside.program("bridge:read", "demo-crm"))
    await outside.work()
    for client in ("employee-community", "demo-crm"):
        rows = (await outside.client.ledger(outside.program(OWN, client))).data
        assert [(row.number, row.client) for row in rows] == [(1, client)]


async def test_a_waiting_follower_hears_of_news_at_once(outside: Outside) -> None:
    first = (await outside.client.changes(outside.program(), None)).body.next_cursor
    waiting = asyncio.create_task(outside.client.changes(outside.program(), first, wait=20))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    await outside.ask()
    await outside.work()
    page = (await asyncio.wait_for(waiting, 2)).body
    assert [change.type for change in page.data] == ["shared"]


async def test_the_client_of_the_contract_fits_the_bridge(outside: Outside) -> None:
    assert isinstance(outside.client, BridgeClient)
    document = await outside.client.manifest(outside.program())
    assert {message.name for message in document.messages} >= {"thread", "reply"}
    assert outside.app.state.resources.settings.public_url == BRIDGE


@pytest.mark.parametrize(
    ("ended", "ago", "status"),
    [("tomas", 0, 401), ("the-session", 3600, 401), ("tomas", 3600, 200), ("somebody-else", 0, 200)],
)
async def test_a_token_of_somebody_who_left_is_refused(
    outside: Outside, ended: str, ago: int, status: int
) -> None:
    """The customer service's worker heard it from identity; the token itself has four minutes to go."""
    token = outside.staff(sid="the-session")
    await outside.sql(
        "insert into revocations (id, digest, not_before)"
        " values ($1, encode(sha256(convert_to($1, 'UTF8')), 'hex'), now() - $2 * interval '1 second')",
        ended,
        ago,
    )
    answer = await outside.get("/threads", token)
    assert answer.status_code == status, answer.text
