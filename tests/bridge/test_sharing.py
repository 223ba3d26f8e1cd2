"""Sharing, reading over the bridge, answering and withdrawing, through real roles and real commits."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from customer_service.app import catalog
from customer_service.sharing.errors import AlreadyShared, NotShared, SpaceNotOpen
from customer_service.sharing.jobs import SharingWork
from shared.bridge.errors import NotShared as GoneOverTheBridge
from shared.bridge.messages import Purge, Reply
from shared.db import outbox
from shared.jobs.relay import Relay
from shared.kernel import chain
from shared.kernel.chain import Chained
from shared.kernel.clock import SystemClock
from shared.kernel.errors import Forbidden
from shared.tools.topics.events import TopicChanged
from tests.bridge import content
from tests.bridge.conftest import Outside

ANSWER = Reply(body="Update the **firmware** to 2.4.", public_name="Tomas, Support")


async def test_nothing_is_there_until_it_is_shared(outside: Outside) -> None:
    assert (await outside.client.threads(outside.staff())).body.data == []
    await outside.ask()
    (thread,) = (await outside.client.threads(outside.staff())).body.data
    assert thread.title == "The gateway drops out"
    assert thread.sharing.purpose == "support"
    assert thread.author.name is None


async def test_a_thread_carries_body_posts_and_roles_but_nobody(outside: Outside) -> None:
    async with outside.database.transaction() as session:
        await content.post(session, outside.content.topic, outside.content.other, "Restart it.")
        await content.post(session, outside.content.topic, outside.content.author, "It did not help.")
    await outside.ask(show_name=True)
    thread = (await outside.client.thread(outside.staff(), await outside.ref())).body
    assert thread.body == "Body of The gateway drops out"
    assert [(p.number, p.body, p.role) for p in thread.posts] == [
        (1, "Restart it.", "member"),
        (2, "It did not help.", "author"),
    ]
    assert thread.author.name == "Ana"
    assert "Jonas" not in json.dumps(thread.plain())


async def test_a_deleted_reply_does_not_cross(outside: Outside) -> None:
    async with outside.database.transaction() as session:
        gone = await content.post(session, outside.content.topic, outside.content.other, "Secret")
        await content.post(session, outside.content.topic, outside.content.other, "Shown")
    await outside.sql("update posts set deleted_at = now() where id = $1", gone)
    await outside.ask()
    thread = (await outside.client.thread(outside.staff(), await outside.ref())).body
    assert [(p.number, p.body) for p in thread.posts] == [(1, "Shown")]


async def test_refs_and_pseudonyms_differ_for_each_consumer(outside: Outside) -> None:
    await outside.sql(
        "insert into bridge_consumers (id, client_id, name, audiences, purposes, registered_at)"
        " values (gen_random_uuid(), 'demo-crm', 'CRM', '{systems}', '{support}', now())"
    )
    await outside.share(audience="systems")
    crm = outside.program("bridge:read", "demo-crm")
    (theirs,) = (await outside.client.threads(crm)).body.data
    (ours,) = (await outside.client.threads(outside.staff())).body.data
    assert theirs.title == ours.title
    assert theirs.ref != ours.ref
    assert theirs.author.pseudonym != ours.author.pseudonym
    with pytest.raises(GoneOverTheBridge):
        await outside.client.thread(crm, ours.ref)


async def test_what_is_for_staff_is_not_for_programs(outside: Outside) -> None:
    await outside.sql(
        "insert into bridge_consumers (id, client_id, name, audiences, purposes, registered_at)"
        " values (gen_random_uuid(), 'demo-crm', 'CRM', '{systems}', '{support}', now())"
    )
    await outside.ask()
    crm = outside.program("bridge:read", "demo-crm")
    assert (await outside.client.threads(crm)).body.data == []


async def test_rights_end_when_a_consumer_is_registered_for_less(outside: Outside) -> None:
    await outside.ask()
    ref = await outside.ref()
    await outside.sql("update bridge_consumers set purposes = '{product}'")
    assert (await outside.client.threads(outside.staff())).body.data == []
    with pytest.raises(GoneOverTheBridge):
        await outside.client.thread(outside.staff(), ref)


async def test_withdrawing_takes_it_away_at_once(outside: Outside) -> None:
    await outside.ask()
    ref = await outside.ref()
    await outside.withdraw()
    assert (await outside.client.threads(outside.staff())).body.data == []
    with pytest.raises(GoneOverTheBridge):
        await outside.client.thread(outside.staff(), ref)


async def test_the_feed_tells_of_sharing_change_and_withdrawal(outside: Outside) -> None:
    await outside.ask()
    await outside.work()
    async with outside.database.transaction() as session:
        await content.post(session, outside.content.topic, outside.content.other, "More")
    await outside.work()
    await outside.withdraw()
    await outside.work()
    page = (await outside.client.changes(outside.program(), None)).body
    assert [(c.position, c.type) for c in page.data] == [(1, "shared"), (2, "updated"), (3, "withdrawn")]
    assert len({c.ref for c in page.data}) == 1
    assert page.data[2].purge_by
    rest = (await outside.client.changes(outside.program(), page.next_cursor)).body
    assert rest.data == []


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("update sharings set until = now() - interval '1 minute'", "expired"),
        ("update topics set deleted_at = now(), version = version + 1", "deleted"),
    ],
)
async def test_what_ends_by_itself_is_gone_and_told(outside: Outside, statement: str, why: str) -> None:
    await outside.ask()
    await outside.sql(statement)
    assert (await outside.client.threads(outside.staff())).body.data == []
    await outside.work()
    page = (await outside.client.changes(outside.program(), None)).body
    assert [c.type for c in page.data] == ["shared", "withdrawn"]
    assert (await outside.sql("select withdrawn_why from sharings"))[0][0] == why


async def test_sharing_again_gives_a_new_ref(outside: Outside) -> None:
    await outside.ask()
    first = await outside.ref()
    await outside.withdraw()
    await outside.ask()
    assert await outside.ref() != first


async def test_who_may_share_and_withdraw(outside: Outside) -> None:
    with pytest.raises(Forbidden):
        await outside.ask(actor=outside.content.other)
    await outside.share()
    with pytest.raises(AlreadyShared):
        await outside.ask()
    with pytest.raises(Forbidden):
        await outside.withdraw(actor=outside.content.other)
    await outside.withdraw(actor=outside.content.manager)
    with pytest.raises(NotShared):
        await outside.withdraw()


async def test_only_spaces_that_allow_it(outside: Outside) -> None:
    await outside.sql("delete from sharing_spaces")
    with pytest.raises(SpaceNotOpen):
        await outside.ask()


async def test_an_official_answer_appears_once_with_its_name(outside: Outside) -> None:
    await outside.ask()
    ref = await outside.ref()
    first = await outside.client.reply(outside.staff(), ref, ANSWER, key="k1")
    again = await outside.client.reply(outside.staff(), ref, ANSWER, key="k1")
    assert first.body == again.body
    assert first.crossing_id == again.crossing_id
    await outside.work()
    await outside.work()
    rows = await outside.sql(
        "select p.body, a.name, a.synthetic, a.sub, o.public_name from posts p"
        " join official_posts o on o.post_id = p.id join people a on a.id = p.author_id"
    )
    assert [tuple(row) for row in rows] == [(ANSWER.body, "Tomas, Support", True, None, "Tomas, Support")]
    thread = (await outside.client.thread(outside.staff(), ref)).body
    assert [p.role for p in thread.posts] == ["official"]
    assert thread.status == "answered"


async def test_a_key_is_for_one_answer(outside: Outside) -> None:
    await outside.ask()
    ref = await outside.ref()
    await outside.client.reply(outside.staff(), ref, ANSWER, key="k1")
    headers = {"Authorization": f"Bearer {outside.staff()}", "Idempotency-Key": "k1"}
    path = f"/bridge/v1/threads/{ref}/replies"
    other = ANSWER.plain() | {"body": "Another"}
    refused = await outside.http.post(path, json=other, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "bridge.key_reused")
    del headers["Idempotency-Key"]
    refused = await outside.http.post(path, json=other, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "bridge.key_required")


async def test_a_repeated_answer_is_receipted_even_after_the_withdrawal(outside: Outside) -> None:
    await outside.ask()
    ref = await outside.ref()
    first = await outside.client.reply(outside.staff(), ref, ANSWER, key="k1")
    await outside.withdraw()
    assert (await outside.client.reply(outside.staff(), ref, ANSWER, key="k1")).body == first.body
    with pytest.raises(GoneOverTheBridge):
        await outside.client.reply(outside.staff(), ref, ANSWER, key="k2")


async def test_a_changed_topic_is_told_as_soon_as_the_outbox_says_so(outside: Outside) -> None:
    await outside.share()
    await outside.work()
    topic = outside.content.topic
    async with outside.database.transaction() as session:
        await content.post(session, topic, outside.content.other, "A reply")
        await outbox.append(session, TopicChanged(topic), now=datetime.now(UTC))
    work = SharingWork(outside.database, SystemClock(), catalog())
    await Relay(outside.database, SystemClock(), work.handlers()).run()
    waiting = await outside.sql("select type from bridge_changes_pending")
    assert {row["type"] for row in waiting} == {"updated"}


async def test_a_preview_shows_it_and_keeps_nothing(outside: Outside) -> None:
    await outside.ask()
    preview = (await outside.client.preview(outside.staff(), await outside.ref(), ANSWER)).body
    assert "<strong>firmware</strong>" in preview.html
    assert (await outside.sql("select count(*) from bridge_in.messages"))[0][0] == 0


async def test_purges_are_confirmed_and_shown(outside: Outside) -> None:
    await outside.ask()
    await outside.withdraw()
    await outside.work()
    page = (await outside.client.changes(outside.program(), None)).body
    receipt = (await outside.client.acknowledge(outside.program(), Purge(cursor=page.next_cursor))).body
    assert (receipt.position, receipt.purged) == (2, 1)
    await outside.work()
    assert (await outside.sql("select acknowledged from bridge_consumers"))[0][0] == 2


async def test_an_overdue_purge_closes_everything_but_the_feed(outside: Outside) -> None:
    await outside.ask()
    await outside.withdraw()
    await outside.work()
    await outside.sql(
        "update bridge_changes set purge_by = now() - interval '1 hour' where purge_by is not null"
    )
    for path, token in (("/threads", outside.staff()), ("/ledger", outside.program())):
        refused = await outside.get(path, token)
        assert (refused.status_code, refused.json()["code"]) == (403, "bridge.purge_overdue")
    page = (await outside.client.changes(outside.program(), None)).body
    await outside.client.acknowledge(outside.program(), Purge(cursor=page.next_cursor))
    await outside.work()
    assert (await outside.get("/threads", outside.staff())).status_code == 200


async def test_reads_are_counted_for_the_disclosure(outside: Outside) -> None:
    await outside.ask()
    ref = await outside.ref()
    for _ in range(3):
        await outside.client.thread(outside.staff(), ref)
    await outside.work()
    assert (await outside.sql("select read_count from sharing_refs"))[0][0] == 3


async def test_every_crossing_has_its_row_and_the_consumer_can_check_the_chain(outside: Outside) -> None:
    await outside.ask()
    listed = await outside.client.threads(outside.staff())
    ref = listed.body.data[0].ref
    read = await outside.client.thread(outside.staff(), ref)
    sent = await outside.client.reply(outside.staff(), ref, ANSWER, key="k")
    with pytest.raises(GoneOverTheBridge) as refused:
        await outside.client.thread(outside.staff(), "0" * 32)
    await outside.work()
    rows = (await outside.client.ledger(outside.program())).data
    assert [(r.message, r.direction, r.crossing_id, r.digest, r.refs) for r in rows] == [
        ("thread_list", "outward", listed.crossing_id, chain.digest(listed.carried), [ref]),
        ("thread", "outward", read.crossing_id, chain.digest(read.carried), [ref]),
        ("reply", "inward", sent.crossing_id, chain.digest(sent.carried), [ref]),
        ("problem", "outward", refused.value.crossing_id, chain.digest(refused.value.carried), []),
    ]
    assert chain.verify([Chained(r.number, r.covered(), r.hash) for r in rows]).sound
    assert all(r.subject != "tomas" and len(r.subject or "") == 32 for r in rows)


async def test_a_sharing_cannot_end_in_the_past(outside: Outside) -> None:
    with pytest.raises(Exception, match="later"):
        await outside.share(until=datetime.now(UTC) - timedelta(days=1))


async def test_votes_are_told_too_but_not_each_of_them(outside: Outside) -> None:
    await outside.ask()
    await outside.work()
    token = outside.program()
    cursor = (await outside.client.changes(token, None)).body.next_cursor

    async def news() -> list[str]:
        await outside.work()
        return [change.type for change in (await outside.client.changes(token, cursor)).body.data]

    async def vote(since: int) -> None:
        await outside.sql("update sharings set told_at = now() - make_interval(secs => $1)", since)
        await outside.sql("update posts set score = score + 1 where is_first")

    await vote(50)
    assert await news() == [], "told a moment ago"
    await vote(61)
    assert await news() == ["updated"]
    assert await news() == ["updated"], "once"
    (thread,) = (await outside.client.threads(outside.staff())).body.data
    assert thread.counts.votes == 2


async def test_votes_that_were_there_before_are_no_news(outside: Outside) -> None:
    await outside.sql("update posts set score = 5 where is_first")
    await outside.ask()
    await outside.sql("update sharings set told_at = told_at - interval '1 hour'")
    await outside.work()
    changes = (await outside.client.changes(outside.program(), None)).body.data
    assert [change.type for change in changes] == ["shared"]
