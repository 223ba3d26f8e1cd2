"""The audit log: chained, whole or found out, kept for as long as is said, and without secrets."""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from alembic import command

from identity_service.audit import keeping, reading
from identity_service.audit import service as audit
from identity_service.worker import cut_audit
from shared.db.migrations import config_for
from shared.kernel.chain import Chained, Head, Verdict, verify
from shared.kernel.ids import new_id
from shared.oidc import RelyingParty
from tests.fixtures.databases import World
from tests.identity.driver import EMPLOYEE, House, link_in, signed_in

MAJA = "maja@inside.example"
ROWS = 6
TAMPERING = (
    "update audit_rows set event = 'sign_in.failed' where number = 3",
    "update audit_rows set actor = 'operator' where number = 3",
    "update audit_rows set at = at + interval '1 microsecond' where number = 3",
    "update audit_rows set account_id = null where number = 3",
    "update audit_rows set client_id = 'another' where number = 3",
    "update audit_rows set address = '192.0.2.7' where number = 3",
    "update audit_rows set result = 'refused' where number = 3",
    """update audit_rows set details = '{"count": 4}' where number = 3""",
    "update audit_rows set id = gen_random_uuid() where number = 3",
    "update audit_rows set hash = repeat('0', 64) where number = 3",
    "delete from audit_rows where number = 3",
    "update audit_rows set number = 100 where number = 3",
)


async def write(house: House, count: int = ROWS) -> None:
    async with house.services.database.transaction() as session:
        for turn in range(count):
            audit.record(
                session,
                "test.happened",
                at=house.clock.now(),
                account_id=new_id(),
                client_id="a-client",
                address="192.0.2.1",
                count=turn,
            )
    await audit.number(house.services.database)


async def as_owner(house: House, *statements: str) -> None:
    """Past the trigger, as somebody could who has the owner's password."""
    connection = await asyncpg.connect(house.urls.owner)
    try:
        await connection.execute("alter table audit_rows disable trigger audit_only_grows")
        for statement in statements:
            await connection.execute(statement)
        await connection.execute("alter table audit_rows enable trigger audit_only_grows")
    finally:
        await connection.close()


async def checked(house: House, known: Head | None = None) -> Verdict:
    return await reading.check(house.services.database.reader, known)


async def numbers(house: House) -> list[int]:
    return [row["number"] for row in await house.fetch("select number from audit_rows order by number")]


async def test_a_sign_in_is_told_with_who_from_where_and_result(house: House) -> None:
    await house.browser("198.51.100.4").sign_in(MAJA, realm="staff", password="not it")
    await house.browser("198.51.100.4").sign_in(MAJA, realm="staff")
    rows = await house.fetch(
        "select event, actor, account_id::text, address, result from audit_rows order by number"
    )
    sub = house.subs[MAJA]
    failed = {"event": "sign_in.failed", "actor": None, "result": "refused"}
    started = {"event": "session.started", "actor": f"account:{sub}", "result": "done"}
    where = {"account_id": sub, "address": "198.51.100.4"}
    assert rows == [failed | where, started | where]
    assert (await checked(house)).sound


@pytest.mark.parametrize("statement", TAMPERING)
async def test_tampering_with_a_row_is_found_and_the_row_named(house: House, statement: str) -> None:
    await write(house)
    assert (await checked(house)).head.number == ROWS
    await as_owner(house, statement)
    verdict = await checked(house)
    assert verdict.broken is not None
    assert verdict.broken.number == (
        4 if statement.startswith(("delete", "update audit_rows set number")) else 3
    )


async def test_a_log_that_was_cut_at_its_end_is_found_by_a_head_noted_earlier(house: House) -> None:
    await write(house)
    noted = (await checked(house)).head
    await as_owner(house, "delete from audit_rows where number = 6")
    assert (await checked(house)).sound
    broken = (await checked(house, noted)).broken
    assert broken is not None
    assert broken.number == ROWS


async def test_a_log_made_anew_is_found_by_a_head_noted_earlier(house: House) -> None:
    await write(house)
    noted = (await checked(house)).head
    await as_owner(house, "delete from audit_rows")
    await write(house)
    assert (await checked(house)).sound
    broken = (await checked(house, noted)).broken
    assert broken is not None
    assert "noted earlier" in broken.reason


async def test_writers_at_the_same_time_make_one_chain(house: House) -> None:
    """Several workers number what several processes write: nothing twice, nothing lost, no gap."""

    async def writer(count: int) -> None:
        for _ in range(count):
            async with house.services.database.transaction() as session:
                audit.record(session, "test.happened", at=house.clock.now(), address="192.0.2.1")
                await session.flush()
                await asyncio.sleep(0)

    async def worker() -> None:
        for _ in range(30):
            await audit.number(house.services.database)
            await asyncio.sleep(0.002)

    await asyncio.gather(*(writer(10) for _ in range(5)), worker(), worker())
    await audit.number(house.services.database)
    assert await numbers(house) == list(range(1, 51))
    assert (await checked(house)).sound


async def test_what_is_old_is_cut_and_the_rest_still_verifies(house: House) -> None:
    now, days = house.clock.now(), house.services.settings.audit_days
    for before in (days + 30, days + 20, 5):
        house.clock.at = now - timedelta(days=before)
        await write(house, 2)
    house.clock.at = now

    assert await cut_audit(house.services) == 0
    assert await numbers(house) == [1, 2, 3, 4, 5, 6, 7]
    told = await house.fetch("select actor, details from audit_rows where event = 'audit.cut'")
    assert told[0]["actor"] == "worker"
    assert told[0]["details"]["through"] == 4
    assert await cut_audit(house.services) == 4
    assert await numbers(house) == [5, 6, 7]
    assert (await checked(house)).sound
    assert await cut_audit(house.services) == 0

    await as_owner(house, "delete from audit_rows where number = 5")
    broken = (await checked(house)).broken
    assert broken is not None
    assert broken.number == 6


async def test_nothing_is_cut_that_the_log_does_not_tell_of_or_that_is_young(house: House) -> None:
    await write(house)
    with pytest.raises(asyncpg.PostgresError, match="tells of this cut"):
        await house.execute("select audit_cut(3)")
    [row] = await house.fetch("select hash from audit_rows where number = 3")
    async with house.services.database.transaction() as session:
        audit.record(session, "audit.cut", at=house.clock.now(), through=3, hash=row["hash"])
    await audit.number(house.services.database)
    with pytest.raises(asyncpg.PostgresError, match="last month"):
        await house.execute("select audit_cut(3)")
    with pytest.raises(asyncpg.PostgresError, match="permission denied"):
        await house.execute("delete from audit_rows where number = 1")


async def test_a_log_where_nothing_is_new_keeps_what_it_has(house: House) -> None:
    now = house.clock.now()
    house.clock.at = now - timedelta(days=900)
    await write(house)
    assert await keeping.cut(house.services.database, now, days=400) == 0
    assert await numbers(house) == [1, 2, 3, 4, 5, 6]


async def test_the_export_holds_all_that_a_check_needs(house: House) -> None:
    await write(house)
    lines = await exported(house)
    rows = [json.loads(line) for line in lines]
    chained = [
        Chained(row["number"], {k: v for k, v in row.items() if k != "hash"}, row["hash"]) for row in rows
    ]
    assert verify(chained, known=(await checked(house)).head).sound
    assert len(lines) == ROWS
    assert await exported(house, since=house.clock.now() + timedelta(seconds=1)) == []


async def exported(house: House, **within: Any) -> Sequence[bytes]:
    reader = house.services.database.reader
    return [reading.line(row) async for rows in reading.batches(reader, **within) for row in rows]


async def test_rows_from_before_the_chain_are_put_into_it(world: World) -> None:
    urls = await world.database("identity")
    config = config_for("identity_service", urls.owner)
    await asyncio.to_thread(command.downgrade, config, "0011")
    connection = await asyncpg.connect(urls.owner)
    try:
        for event in ("session.started", "sign_in.failed"):
            await connection.execute(
                "insert into audit_rows (id, at, event, details) values (gen_random_uuid(), now(), $1, '{}')",
                event,
            )
        await asyncio.to_thread(command.upgrade, config, "head")
        rows = await connection.fetch("select event, result from pending_audit_rows order by arrival")
    finally:
        await connection.close()
    assert [tuple(row) for row in rows] == [("session.started", "done"), ("sign_in.failed", "refused")]


async def test_nothing_secret_of_a_whole_sign_in_is_in_the_log_or_its_export(
    house: House, employee: RelyingParty, capsys: pytest.CaptureFixture[str]
) -> None:
    browser = house.browser()
    tokens = await signed_in(house, employee, MAJA, realm="staff", resource=EMPLOYEE, browser=browser)
    fresh = await employee.refresh(str(tokens.refresh_token))
    await house.browser().sign_in(MAJA, realm="staff", password="my canary password")
    await browser.post("/reset-password", {"email": MAJA, "realm": "staff"})
    [mail] = await house.fetch("select body from mails")
    link = link_in(mail["body"])
    await browser.post("/set-password", {"token": link.partition("=")[2], "password": "my other canary 7"})
    await audit.number(house.services.database)
    said = b"".join(await exported(house)).decode() + "".join(capsys.readouterr())
    assert "account.password_set" in said
    assert "session.started" in said
    cookies = [str(value) for value in browser.http.cookies.values()]
    for secret in (
        MAJA,
        MAJA.partition("@")[0],
        "an unlikely sentence 7",
        "my canary password",
        "my other canary 7",
        tokens.access_token,
        str(tokens.refresh_token),
        str(tokens.id_token),
        str(fresh.refresh_token),
        link.partition("=")[2],
        "e" * 43,
        *cookies,
    ):
        assert secret not in said
