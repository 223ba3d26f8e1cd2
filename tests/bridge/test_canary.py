"""The canary (proof 1): every column that can hold text is filled with a word of its own, everything that
comes out on the other side is looked at, and only fields of the manifest may carry one.

Columns and routes are found by reflection. A new column needs an entry in `columns.toml`; a new route is
called without being named.
"""

import json
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from shared.bridge.manifest import manifest
from shared.bridge.messages import Reply
from tests.bridge import content
from tests.bridge.canaries import Canaries, columns, entries, fill
from tests.bridge.conftest import Outside, Road
from tests.bridge.crawl import Found, crawl, routes, texts
from tests.bridge.inside import Inside
from tests.fixtures.databases import World
from tests.fixtures.server import TestServer

LEDGER = "select row_to_json(l)::text, crossing_id from bridge_in.ledger l"


def admin_url(server: TestServer, database: str) -> str:
    parts = urlsplit(server.admin_url)
    return urlunsplit(parts._replace(path=f"/{database}"))


@pytest.mark.parametrize("database", ["customer", "employee"])
async def test_every_text_column_has_an_entry(world: World, database: str) -> None:
    connection = await asyncpg.connect((await world.database(database)).owner)
    try:
        found = {column.name for column in await columns(connection)}
    finally:
        await connection.close()
    named = {f"{table}.{column}" for table, held in entries(database).items() for column in held}
    assert found - named == set(), "decide what may become of them, in tests/bridge/columns.toml"
    assert named - found == set(), "these columns are gone: remove their entries"


def test_entries_name_fields_of_the_manifest() -> None:
    fields = {f"{m.name}.{field}" for m in manifest().messages.values() for field in m.names}
    for database in ("customer", "employee"):
        for held in entries(database).values():
            for entry in held.values():
                assert entry in ("never", "fixed") or set(entry) <= fields


async def much_content(outside: Outside) -> list[str]:
    """One shared question with everything in it, and beside it what must not show. The refs of both kinds."""
    made = outside.content
    async with outside.database.transaction() as session:
        await content.post(session, made.topic, made.other, "A reply")
        gone = await content.post(session, made.topic, made.other, "A deleted reply")
        unshared, _ = await content.question(session, made.space, made.other, "An unshared question")
        dropped, _ = await content.question(session, made.space, made.other, "A deleted question")
        await content.post(session, unshared, made.author, "A reply to the unshared one")
    await outside.ask(show_name=True)
    ref = await outside.ref()
    answer = Reply(body="Official", public_name="Support")
    await outside.client.reply(outside.staff(), ref, answer, key="official")
    await outside.client.thread(outside.staff(), ref)
    await outside.sql("update posts set deleted_at = now() where id = $1", gone)
    await outside.sql("update topics set deleted_at = now() where id = $1", dropped)
    await outside.work()
    return [ref, "0" * 32]


def strays(found: list[Found], canaries: Canaries) -> list[str]:
    """Every canary that sits where no entry lets it."""
    wrong = []
    for answer in found:
        words = set(canaries.found(answer.text))
        if answer.message is not None:
            for place, text in texts(answer.message):
                for word in canaries.found(text):
                    if canaries.may(word, place):
                        words.discard(word)
                    else:
                        wrong.append(f"{answer.route}: {canaries.words[word].name} in {place}")
        wrong += [f"{answer.route}: {canaries.words[word].name}" for word in words]
    return sorted(set(wrong))


async def shown(outside: Outside, statement: str) -> set[str]:
    return {value for (value,) in await outside.sql(statement)}


async def test_nothing_of_the_customers_crosses_but_the_manifest(
    outside: Outside, test_server: TestServer, capfd: pytest.CaptureFixture[str]
) -> None:
    refs = await much_content(outside)
    canaries = await fill(admin_url(test_server, outside.urls.name), "customer")
    capfd.readouterr()
    found = await crawl(outside, refs)
    assert strays(found, canaries) == []
    assert canaries.found("".join(capfd.readouterr())) == {}, "a canary in a log line"
    crossings = {answer.crossing_id for answer in found}
    booked = "\n".join(row for row, crossing_id in await outside.sql(LEDGER) if crossing_id in crossings)
    assert booked
    assert canaries.found(booked) == {}, "a canary in a ledger row"
    await check_rows(outside, found)


async def check_rows(outside: Outside, found: list[Found]) -> None:
    """Of the columns that may cross, only the rows of the shared thread do."""
    everything = "\n".join(answer.text for answer in found)
    live = "select topic_id from sharings where withdrawn_at is null"
    for column, table, mine in (
        ("title", "topics", f"id in ({live})"),
        ("body", "posts", f"topic_id in ({live}) and deleted_at is null"),
        ("name", "people", f"id in (select author_id from topics where id in ({live}))"),
    ):
        crossing = await shown(outside, f"select {column} from {table} where {mine}")
        staying = await shown(outside, f"select {column} from {table} where not ({mine})")
        assert crossing
        assert all(f'"{word}"' in everything for word in crossing), table
        assert not [word for word in staying if f'"{word}"' in everything], table


async def test_every_route_was_reached(outside: Outside) -> None:
    """The crawl is worth something only when it gets in: each route of the bridge answered somebody."""
    refs = await much_content(outside)
    found = await crawl(outside, refs)
    for route in routes(outside.app):
        for method in route.methods or ():
            statuses = {answer.status for answer in found if answer.route == f"{method} {route.path}"}
            assert any(status < 300 for status in statuses) or (method, route.path) in ALWAYS_REFUSED, (
                route.path
            )


ALWAYS_REFUSED = {("POST", "/bridge/v1/changes/ack")}
"""Needs a cursor of the feed, which the crawl does not keep."""


async def test_nothing_of_the_employees_crosses_but_the_answer(
    outside: Outside,
    inside: Inside,
    road: Road,
    test_server: TestServer,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The customers' database in full stands for all that their service can ever say: pages, mails, feeds."""
    await outside.ask()
    ref = (await inside.get("/threads"))["data"][0]["thread"]["ref"]
    await inside.call("POST", f"/threads/{ref}/notes", json={"body": "A note"})
    await inside.call("PUT", f"/threads/{ref}/assignment")
    await inside.answer(ref)
    canaries = await fill(admin_url(test_server, inside.urls.name), "employee")
    wiretap = road.listen()
    capfd.readouterr()
    await inside.get("/threads")
    await inside.get(f"/threads/{ref}")
    await inside.work()
    await outside.work()
    crossed = {canaries.words[word].name for line in wiretap for word in canaries.found(line)}
    assert crossed == {"public.desk_replies.body", "public.desk_replies.public_name"}
    kept = await everything_in(outside)
    inside_words = {canaries.words[word].name for word in canaries.found(kept)}
    assert inside_words == crossed
    found = await crawl(outside, [ref])
    for answer in found:
        for word in canaries.found(answer.text):
            assert canaries.words[word].name in crossed, answer.route
    bridge_lines = [line for line in "".join(capfd.readouterr()).splitlines() if "/bridge/v1" in line]
    assert canaries.found("\n".join(bridge_lines)) == {}


async def everything_in(outside: Outside) -> str:
    """All rows of all tables of the customers' database, as text."""
    tables = await outside.sql(
        "select format('%I.%I', table_schema, table_name) from information_schema.tables"
        " where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'"
    )
    rows = []
    for (table,) in tables:
        rows += [row for (row,) in await outside.sql(f"select row_to_json(t)::text from {table} t")]
    return json.dumps(rows)
