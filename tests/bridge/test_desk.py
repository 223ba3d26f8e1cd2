"""The desk: reading, noting, answering; with the bridge up, closed, silent; and comparing the books."""

import pytest

from employee_service.desk import deps as desk_deps
from employee_service.desk import reconcile
from shared.bridge.messages import Reply
from shared.kernel.ids import new_id
from shared.oidc.errors import TokenRefused
from tests.bridge.conftest import Outside, Road
from tests.bridge.inside import Inside, inside_settings

ANOTHER = "0" * 32


async def shared_ref(outside: Outside, inside: Inside) -> str:
    await outside.ask()
    listed = await inside.get("/threads")
    return str(listed["data"][0]["thread"]["ref"])


async def test_the_desk_lists_and_shows_what_is_shared(outside: Outside, inside: Inside) -> None:
    ref = await shared_ref(outside, inside)
    shown = await inside.get(f"/threads/{ref}")
    assert shown["reach"] == "open"
    assert shown["thread"]["body"] == "Body of The gateway drops out"


@pytest.mark.parametrize("path", ["/threads", f"/threads/{ANOTHER}"])
async def test_for_staff_without_the_role_there_is_no_desk(inside: Inside, path: str) -> None:
    token = inside.token("ines", roles=["community_manager"])
    assert (await inside.call("GET", path, token)).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"/threads/{ANOTHER}/notes"),
        ("POST", f"/threads/{ANOTHER}/answers"),
        ("POST", f"/threads/{ANOTHER}/answers/preview"),
        ("PUT", f"/threads/{ANOTHER}/assignment"),
        ("DELETE", f"/threads/{ANOTHER}/assignment"),
    ],
)
async def test_nor_may_they_write_there(inside: Inside, method: str, path: str) -> None:
    body = {"body": "x"} if path.endswith("notes") else {"body": "x", "public_name": "y"}
    options = {} if path.endswith("assignment") else {"json": body}
    token = inside.token("ines", roles=[])
    assert (await inside.call(method, path, token, **options)).status_code == 404


@pytest.mark.parametrize("path", ["/desk", f"/desk/{ANOTHER}"])
async def test_guests_see_no_desk_pages(inside: Inside, path: str) -> None:
    answer = await inside.http.get(path)
    assert answer.status_code in (303, 401)


async def test_notes_and_assignments_stay_inside(outside: Outside, inside: Inside) -> None:
    ref = await shared_ref(outside, inside)
    assert (
        await inside.call("POST", f"/threads/{ref}/notes", json={"body": "Same *again*"})
    ).status_code == 201
    assert (await inside.call("PUT", f"/threads/{ref}/assignment")).status_code == 204
    shown = await inside.get(f"/threads/{ref}")
    assert [note["body"] for note in shown["notes"]] == ["Same *again*"]
    assert shown["facts"]["assignee"]["name"] == "Tomas"
    assert (await inside.get("/threads"))["data"][0]["facts"]["notes"] == 1


async def test_notes_are_for_known_threads_only(inside: Inside) -> None:
    assert (await inside.call("POST", f"/threads/{ANOTHER}/notes", json={"body": "x"})).status_code == 404


async def test_an_answer_is_queued_delivered_and_forgotten_here(outside: Outside, inside: Inside) -> None:
    ref = await shared_ref(outside, inside)
    await inside.answer(ref, "Update to **2.4**.")
    assert (await inside.get(f"/threads/{ref}"))["replies"][0]["state"] == "queued"
    await inside.work()
    await outside.work()
    shown = await inside.get(f"/threads/{ref}")
    assert (shown["replies"][0]["state"], shown["replies"][0]["body"]) == ("delivered", None)
    assert [(p["role"], p["body"]) for p in shown["thread"]["posts"]] == [("official", "Update to **2.4**.")]


async def test_an_answer_waits_while_the_bridge_is_down_and_arrives_once(
    outside: Outside, inside: Inside, road: Road
) -> None:
    ref = await shared_ref(outside, inside)
    await inside.call("POST", f"/threads/{ref}/notes", json={"body": "Remember me"})
    road.down = True
    await inside.answer(ref)
    await inside.work()
    shown = await inside.get(f"/threads/{ref}")
    assert (shown["reach"], shown["thread"]) == ("unreachable", None)
    assert [note["body"] for note in shown["notes"]] == ["Remember me"]
    assert shown["replies"][0]["state"] == "queued"
    assert (await inside.get("/threads"))["data"][0]["facts"]["ref"] == ref
    road.down = False
    await inside.sql("update outbox set available_at = now() - interval '1 second'")
    await inside.work()
    await outside.work()
    assert (await outside.sql("select count(*) from official_posts"))[0][0] == 1


async def test_an_answer_whose_receipt_was_lost_is_not_doubled(
    outside: Outside, inside: Inside, road: Road
) -> None:
    ref = await shared_ref(outside, inside)
    await inside.answer(ref)
    road.lose = 1
    await inside.work()
    assert (await outside.sql("select count(*) from bridge_in.messages"))[0][0] == 1
    await inside.sql("update outbox set available_at = now() - interval '1 second'")
    await inside.work()
    await outside.work()
    assert (await outside.sql("select count(*) from official_posts"))[0][0] == 1
    assert (await inside.get(f"/threads/{ref}"))["replies"][0]["state"] == "delivered"


async def test_an_answer_of_somebody_who_left_comes_back(outside: Outside, inside: Inside) -> None:
    ref = await shared_ref(outside, inside)
    await inside.answer(ref)
    inside.identity.accounts["tomas"].active = False
    with pytest.raises(TokenRefused) as refused:
        await inside.gateway.reply("tomas", ref, Reply(body="x", public_name="y"), key="k")
    assert refused.value.error == "invalid_request"
    await inside.work()
    inside.identity.accounts["tomas"].active = True
    (reply,) = (await inside.get(f"/threads/{ref}"))["replies"]
    assert reply["state"] == "refused"
    assert "author" in reply["reason"]
    assert reply["body"] == "Update it."


async def test_an_answer_waits_while_identity_does_not_take_this_services_word(
    outside: Outside, inside: Inside
) -> None:
    """A wrong signing key or clock is answered by the same code as an author who left."""
    ref = await shared_ref(outside, inside)
    await inside.answer(ref)
    inside.identity.distrusts = True
    await inside.work_once()
    inside.identity.distrusts = False
    (reply,) = (await inside.get(f"/threads/{ref}"))["replies"]
    assert (reply["state"], reply["body"]) == ("queued", "Update it.")


async def test_an_answer_waits_while_the_bridge_does_not_admit_this_service(
    outside: Outside, inside: Inside
) -> None:
    """That is nobody's fault who wrote: it arrives once the registration is mended."""
    ref = await shared_ref(outside, inside)
    await inside.answer(ref)
    await outside.sql("update bridge_consumers set client_id = 'gone' where client_id = 'employee-community'")
    await inside.work_once()
    (reply,) = await inside.sql("select state, body from desk_replies")
    assert (reply["state"], reply["body"]) == ("queued", "Update it.")
    await outside.sql("update bridge_consumers set client_id = 'employee-community' where client_id = 'gone'")
    await inside.sql("update outbox set available_at = now() - interval '1 second'")
    await inside.work()
    assert (await inside.get(f"/threads/{ref}"))["replies"][0]["state"] == "delivered"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("Write to tomas@company.example.", "bridge.email_address"),
        ("See https://wiki.company.internal/x", "bridge.internal_host"),
        ("See http://wiki/x", "bridge.internal_host"),
        ("Ask 10.0.0.7", "bridge.internal_address"),
        ("Yours, Tomas Berg", "bridge.staff_name"),
    ],
)
async def test_what_reveals_the_inside_is_refused_with_pointers(
    outside: Outside, inside: Inside, body: str, code: str
) -> None:
    ref = await shared_ref(outside, inside)
    reply = {"body": body, "public_name": "Support"}
    token = inside.token(name="Tomas Berg")
    refused = await inside.call("POST", f"/threads/{ref}/answers/preview", token, json=reply)
    assert refused.status_code == 422
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [("/body", code)]
    sent = await inside.call("POST", f"/threads/{ref}/answers", token, json=reply)
    assert sent.status_code == 422  # found before the answer is taken
    (fault,) = sent.json()["errors"]
    assert (fault["pointer"], fault["code"]) == ("/body", code.replace("bridge", "desk"))
    if code != "bridge.staff_name":
        assert fault["detail"].split("“")[1].split("”")[0] in body
    assert (await inside.get(f"/threads/{ref}"))["replies"] == []


async def test_ones_own_name_passes_when_it_was_chosen(outside: Outside, inside: Inside) -> None:
    ref = await shared_ref(outside, inside)
    reply = {"body": "Yours, Tomas Berg", "public_name": "Tomas Berg, Support"}
    token = inside.token(name="Tomas Berg")
    assert (await inside.call("POST", f"/threads/{ref}/answers", token, json=reply)).status_code == 202
    await inside.work()
    assert (await inside.get(f"/threads/{ref}"))["replies"][0]["state"] == "delivered"


async def test_the_desk_knows_the_internal_names_that_the_bridge_is_told(
    outside: Outside, inside: Inside
) -> None:
    ref = await shared_ref(outside, inside)
    told = inside_settings(inside.urls, inside.identity, "http://localhost:8003")
    told = told.model_copy(update={"internal_domains": "northwind.example"})
    desk_deps.install(inside.app, told, None)
    reply = {"body": "See https://wiki.northwind.example/x", "public_name": "Support"}
    refused = await inside.call("POST", f"/threads/{ref}/answers", json=reply)
    assert [fault["code"] for fault in refused.json()["errors"]] == ["desk.internal_host"]


async def test_a_preview_shows_what_customers_see(outside: Outside, inside: Inside) -> None:
    ref = await shared_ref(outside, inside)
    reply = {"body": "**Yes**", "public_name": "Support"}
    shown = await inside.call("POST", f"/threads/{ref}/answers/preview", json=reply)
    assert shown.json() == {
        "html": "<p><strong>Yes</strong></p>\n",
        "name": "Support",
        "badge": "Official answer",
    }


async def test_a_withdrawal_is_gone_at_once_and_confirmed(outside: Outside, inside: Inside) -> None:
    ref = await shared_ref(outside, inside)
    await inside.answer(ref)
    await outside.withdraw()
    shown = await inside.get(f"/threads/{ref}")
    assert (shown["reach"], shown["thread"]) == ("open", None)
    await outside.work()
    await inside.work()
    await outside.work()
    shown = await inside.get(f"/threads/{ref}")
    assert shown["facts"]["withdrawn_at"]
    assert shown["replies"][0]["state"] == "refused"
    assert (await outside.sql("select acknowledged from bridge_consumers"))[0][0] == 2
    refused = await inside.call(
        "POST", f"/threads/{ref}/answers", json={"body": "x", "public_name": "Support"}
    )
    assert refused.json()["code"] == "desk.thread_gone"


async def test_withdrawn_threads_with_notes_stay_to_be_found(outside: Outside, inside: Inside) -> None:
    ref = await shared_ref(outside, inside)
    assert (await inside.get("/threads"))["withdrawn"] == []
    await inside.call("POST", f"/threads/{ref}/notes", json={"body": "Known"})
    await outside.withdraw()
    await outside.work()
    await inside.work()
    listed = await inside.get("/threads")
    assert listed["data"] == []
    assert [(gone["ref"], gone["notes"]) for gone in listed["withdrawn"]] == [(ref, 1)]
    assert (await inside.get("/threads?state=open"))["withdrawn"] == []


async def test_when_the_bridge_is_closed_the_desk_says_so(outside: Outside, inside: Inside) -> None:
    ref = await shared_ref(outside, inside)
    await outside.sql(
        "insert into bridge_closings values ($1, (select id from people limit 1), now())", new_id()
    )
    assert (await inside.get(f"/threads/{ref}"))["reach"] == "closed"
    await inside.answer(ref)
    await inside.work()
    assert (await inside.get("/threads"))["data"][0]["facts"]["waiting"] == 1


async def test_no_text_of_a_customer_is_kept_inside(outside: Outside, inside: Inside) -> None:
    ref = await shared_ref(outside, inside)
    await inside.get(f"/threads/{ref}")
    await outside.work()
    await inside.work()
    tables = await inside.sql(
        "select format('%I.%I', table_schema, table_name) from information_schema.tables"
        " where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'"
    )
    for (table,) in tables:
        rows = await inside.sql(f"select t::text from {table} t")
        assert not [row for (row,) in rows if "gateway drops out" in row or "Ana" in row], table


async def test_the_books_agree(outside: Outside, inside: Inside) -> None:
    ref = await shared_ref(outside, inside)
    await inside.get(f"/threads/{ref}")
    await inside.get("/threads")
    await inside.answer(ref)
    await inside.work()
    await outside.work()
    await inside.work()
    await outside.withdraw()
    await inside.get(f"/threads/{ref}")
    await outside.work()
    await inside.work()
    await outside.work()
    report = await inside.reconcile()
    assert report.lines[-1] == "The books agree."
    assert report.lost == []
    assert report.agreeing >= 8


async def test_without_the_bridge_the_list_says_how_old_it_is(
    outside: Outside, inside: Inside, road: Road
) -> None:
    await shared_ref(outside, inside)
    await outside.work()
    await inside.work()
    await inside.sql("update desk_feed set followed_at = now() - interval '1 hour'")
    await inside.work()
    assert (await inside.get("/threads"))["as_of"] is None
    road.down = True
    listed = await inside.get("/threads")
    assert listed["reach"] == "unreachable"
    (row,) = await inside.sql("select now() - followed_at < interval '1 minute' as fresh from desk_feed")
    assert row["fresh"], "nothing new is news too"
    assert listed["as_of"]


async def test_a_thread_with_many_notes_shows_the_last(outside: Outside, inside: Inside) -> None:
    ref = await shared_ref(outside, inside)
    await inside.call("POST", f"/threads/{ref}/notes", json={"body": "The first."})
    await inside.sql(
        "insert into desk_notes (id, ref, author_id, body, html, created_at)"
        " select gen_random_uuid(), ref, author_id, n::text, n::text, now() + make_interval(secs => n)"
        " from desk_notes, generate_series(1, 100) n"
    )
    shown = await inside.get(f"/threads/{ref}")
    assert [note["body"] for note in shown["notes"]] == [str(n) for n in range(1, 101)]
    assert shown["facts"]["notes"] == 101


async def test_long_books_are_read_once_and_side_by_side(
    outside: Outside, inside: Inside, road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each row once, however long it takes until the last has its number."""
    monkeypatch.setattr(reconcile, "BATCH", 2)
    await three_crossings(outside, inside)
    (row,) = await outside.sql("select ref from sharing_refs")
    ref, pages = row["ref"], 2
    while len(await outside.sql("select 1 from bridge_ledger")) <= 100:
        await inside.get(f"/threads/{ref}")
        if len(await outside.sql("select 1 from bridge_in.ledger")) >= 30:
            await outside.work()
            await inside.work()
    await outside.work()
    await inside.get(f"/threads/{ref}")  # which has no number on either side
    heard = road.listen()
    report = await inside.reconcile()
    assert report.differs is not None
    assert "(waiting)" in report.differs
    assert report.lost == []
    asked = [line for line in heard if "/bridge/v1/ledger" in line]
    assert len(asked) <= pages + 1 + reconcile.PATIENCE
    assert len([line for line in asked if "cursor=" not in line]) == 1, "from the beginning once"
    await outside.work()
    assert (await inside.reconcile()).differs is None


async def test_a_lost_answer_is_told_and_is_no_contradiction(
    outside: Outside, inside: Inside, road: Road
) -> None:
    ref = await shared_ref(outside, inside)
    road.lose = 1
    assert (await inside.get(f"/threads/{ref}"))["reach"] == "unreachable"
    await outside.work()
    await inside.work()
    await outside.work()
    report = await inside.reconcile()
    assert report.differs is None
    assert [row.message for row in report.lost] == ["thread"]


BRIDGE_SIDE = [
    ("update bridge_ledger set digest = repeat('0', 64) where number = 2", "row 2 of the bridge"),
    ("update bridge_ledger set message = 'thread_list' where number = 2", "row 2 of the bridge"),
    ("update bridge_ledger_refs set ref = repeat('0', 32)", "row 1 of the bridge"),
    ("delete from bridge_ledger_refs", "row 1 of the bridge"),
    (
        "with gone as (delete from bridge_ledger_refs where crossing_id = (select crossing_id"
        " from bridge_ledger where number = 2)) delete from bridge_ledger where number = 2",
        "row 3 of the bridge",
    ),
    (
        "update bridge_ledger set number = case number when 2 then 1002 else 1003 end where number in (2, 3);"
        "update bridge_ledger set number = case number when 1002 then 3 else 2 end where number > 1000",
        "row 2 of the bridge",
    ),
]
DESK_SIDE = [
    ("update desk_ledger set digest = repeat('0', 64) where number = 2", "row 2 of the desk"),
    ("update desk_ledger set subject = 'somebody else' where number = 2", "row 2 of the desk"),
    (
        "with gone as (delete from desk_ledger_refs) delete from desk_ledger where number = 1",
        "row 2 of the desk",
    ),
]


async def three_crossings(outside: Outside, inside: Inside) -> None:
    ref = await shared_ref(outside, inside)
    await inside.get(f"/threads/{ref}")
    await inside.get(f"/threads/{ref}")
    await outside.work()
    await inside.work()
    await outside.work()


@pytest.mark.parametrize(("tampering", "place"), BRIDGE_SIDE)
async def test_tampering_with_the_bridges_book_is_found(
    outside: Outside, inside: Inside, tampering: str, place: str
) -> None:
    await three_crossings(outside, inside)
    assert (await inside.reconcile()).differs is None
    for statement in tampering.split(";"):
        await outside.sql(statement)
    differs = (await inside.reconcile()).differs
    assert differs
    assert differs.startswith(place)


@pytest.mark.parametrize(("tampering", "place"), DESK_SIDE)
async def test_tampering_with_the_desks_book_is_found(
    outside: Outside, inside: Inside, tampering: str, place: str
) -> None:
    await three_crossings(outside, inside)
    await inside.sql("alter table desk_ledger_refs drop constraint fk_desk_ledger_refs_crossing_id")
    await inside.sql(tampering)
    differs = (await inside.reconcile()).differs
    assert differs
    assert differs.startswith(place)


async def test_a_book_cut_short_is_found(outside: Outside, inside: Inside) -> None:
    await three_crossings(outside, inside)
    assert (await inside.reconcile()).differs is None
    late = "(select crossing_id from bridge_ledger where number > 2)"
    await outside.sql(f"delete from bridge_ledger_refs where crossing_id in {late}")
    await outside.sql("delete from bridge_ledger where number > 2")
    differs = (await inside.reconcile()).differs
    assert differs
    assert "missing" in differs
