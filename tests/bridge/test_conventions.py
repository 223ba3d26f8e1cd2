"""What the bridge shares with every API of ours: traces, pages elsewhere, a limit on exports."""

import asyncio
import re

from customer_service.sharing.logs import CHANGES_CHANNEL
from shared.db.sequencer import NUMBERED
from shared.web.cors import Origins
from tests.bridge.conftest import BRIDGE, Outside, Road, outside_of
from tests.bridge.identity import PretendedIdentity
from tests.bridge.inside import Inside
from tests.fixtures.databases import World

PAGE = "https://crm.example.com"


async def test_how_often_the_book_is_read_from_its_beginning_has_a_limit(
    world: World, identity: PretendedIdentity
) -> None:
    urls = await world.database("customer")
    async with outside_of(urls, identity, rate_limit_export="2/hour") as outside:
        token = outside.program()
        for left in (1, 0):
            answer = await outside.get("/ledger", token)
            assert answer.status_code == 200
            assert answer.headers["ratelimit"].startswith(f'"export";r={left};')
            assert answer.headers["ratelimit-policy"] == '"export";q=2;w=3600'
        refused = await outside.get("/ledger", token)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
        assert (await outside.get("/changes", token)).status_code == 200


async def test_limits_are_told_and_kept_for_each_program_person_and_address(
    world: World, identity: PretendedIdentity
) -> None:
    rates = {"address": "3/minute", "person": "2/minute", "client": "4/minute"}
    changes = {f"rate_limit_{name}": rate for name, rate in rates.items()}
    urls = await world.database("customer")
    async with outside_of(urls, identity, **changes) as outside:
        await outside.ask()
        other = identity.account("uma", name="Uma")
        second = identity.delegated(other, "employee-community", BRIDGE, "bridge:read")
        callers = (
            ("client", 4, "/changes", outside.program()),
            ("person", 2, "/threads", outside.staff()),
            ("person", 2, "/threads", second),
            ("address", 3, "/threads", "no token"),
        )
        for name, most, path, token in callers:
            for left in reversed(range(most)):
                answer = await outside.get(path, token)
                assert answer.status_code == (401 if name == "address" else 200)
                assert answer.headers["ratelimit-policy"] == f'"{name}";q={most};w=60'
                assert answer.headers["ratelimit"].startswith(f'"{name}";r={left};')
            refused = await outside.get(path, token)
            assert refused.status_code == 429
            assert int(refused.headers["retry-after"]) > 0
        booked = await outside.sql("select message from bridge_in.ledger")
        assert "problem" not in {row["message"] for row in booked}, "it was not looked at who calls"


async def test_a_call_that_waits_for_news_counts_once(outside: Outside) -> None:
    await outside.ask()
    await outside.work()
    token = outside.program()
    cursor = (await outside.client.changes(token, None)).body.next_cursor
    waiting = asyncio.create_task(outside.get("/changes", token, cursor=cursor, wait="2"))
    for _ in range(5):
        await asyncio.sleep(0.1)
        await outside.sql("select pg_notify($1, $2)", CHANGES_CHANNEL, NUMBERED)
    answer = await waiting
    left = int(answer.headers["ratelimit"].split("r=")[1].split(";")[0])
    most = int(answer.headers["ratelimit-policy"].split("q=")[1].split(";")[0])
    assert most - left == 2


async def test_a_registered_page_may_read_it(outside: Outside) -> None:
    origins: Origins = outside.app.state.cors.origins
    origins.known = frozenset({PAGE.encode()})
    for origin in (PAGE, "https://evil.example"):
        headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        asked = await outside.http.options("/bridge/v1/threads", headers=headers)
        read = await outside.http.get("/bridge/v1/manifest", headers=headers)
        for answer in (asked, read):
            assert answer.headers.get("access-control-allow-origin") == (PAGE if origin == PAGE else None)
            assert "access-control-allow-credentials" not in answer.headers
            assert "Origin" in answer.headers["vary"]
    page = await outside.http.get("/docs", headers={"Origin": PAGE})
    assert "access-control-allow-origin" not in page.headers


async def test_a_trace_goes_on_over_the_bridge(inside: Inside, road: Road) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    heard = road.listen()
    parent = f"00-{trace}-00f067aa0ba902b7-01"
    await inside.http.get(
        "/api/v1/desk/threads",
        headers={"authorization": f"Bearer {inside.token('tomas')}", "traceparent": parent},
    )
    sent = [re.search("traceparent: (.*)", request) for request in heard]
    assert sent
    assert all(match and match[1].startswith(f"00-{trace}-") and match[1] != parent for match in sent)
