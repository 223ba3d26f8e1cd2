"""Changing what gets one in, taking a copy, and closing (docs/security.md 7, 22, 24, 25, 27, 30, 33)."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest

from identity_service.accounts.models import Account
from identity_service.closing import service as closing
from identity_service.lifecycle import service as lifecycle
from identity_service.own_data import service as own_data
from identity_service.schema import schema
from identity_service.visit import Caller
from shared.oidc import RelyingParty, TokenRefused
from tests.identity.driver import CUSTOMER, PASSWORD, Browser, House, link_in, signed_in

MAJA, ANA, NEW = "maja@inside.example", "ana@outside.example", "ana@elsewhere.example"
GOOD = "four random words 9"


async def at_home(house: House, email: str = ANA, realm: str = "customer") -> Browser:
    browser = house.browser()
    await browser.sign_in(email, realm=realm)
    return browser


def proof_for(path: str) -> str:
    """Where somebody proves again who they are, to come back to `path`."""
    return "/sign-in?" + urlencode({"realm": "customer", "next": path, "prove": "again"})


async def mails(house: House, to: str) -> list[dict[str, Any]]:
    answer = await house.http().get("/dev/mail", params={"to": to}, headers={"Accept": "application/json"})
    return list(answer.json()["data"])


async def newest_link(house: House, to: str) -> str:
    return link_in((await mails(house, to))[0]["body"])


def token_of(link: str) -> str:
    return link.split("token=")[1]


async def events_of(house: House, sub: str) -> list[str]:
    rows = await house.fetch("select event from audit_rows where account_id = $1::text::uuid", sub)
    return [row["event"] for row in rows]


@pytest.mark.parametrize("path", ["/account/password", "/account/email", "/account/close"])
async def test_24_what_is_sensitive_asks_who_one_is_after_ten_minutes(house: House, path: str) -> None:
    browser = await at_home(house)
    assert (await browser.get(path)).status_code == 200
    house.clock.advance(timedelta(minutes=10, seconds=1))
    for answer in (await browser.get(path), await browser.post(path, {"password": GOOD, "email": ANA})):
        assert answer.status_code == 303
        assert answer.headers["location"] == proof_for(path)
    assert (await house.browser().sign_in(ANA, realm="customer")).status_code == 303, "nothing was changed"
    form = {"email": ANA, "password": PASSWORD, "realm": "customer", "next": path}
    assert (await browser.post("/sign-in", form)).headers["location"] == path
    assert (await browser.get(path)).status_code == 200


async def test_24_a_copy_of_ones_data_asks_too(house: House) -> None:
    browser = await at_home(house)
    house.clock.advance(timedelta(minutes=11))
    answer = await browser.post("/account/data/export", {})
    assert answer.headers["location"] == proof_for("/account/data")


async def test_7_a_new_password_signs_out_the_others_and_is_told(
    house: House, customer: RelyingParty
) -> None:
    thief = house.browser()
    tokens = await signed_in(house, customer, ANA, realm="customer", resource=CUSTOMER, browser=thief)
    await thief.post("/reset-password", {"email": ANA, "realm": "customer"})
    waiting = await newest_link(house, ANA)
    browser = await at_home(house)
    assert (await browser.post("/account/password", {"password": "password1"})).status_code == 422
    done = await browser.post("/account/password", {"password": GOOD})
    assert done.headers["location"] == "/account/password?done=password"
    assert (await browser.get("/account")).status_code == 200, "this browser stays"
    assert (await thief.get("/account")).status_code == 303
    with pytest.raises(TokenRefused):
        await customer.refresh(str(tokens.refresh_token))
    assert (await thief.get(waiting)).status_code == 410, "a link asked for earlier is dead"
    assert (await mails(house, ANA))[0]["subject"] == "Your password was changed"
    assert (await house.browser().sign_in(ANA, realm="customer")).status_code == 422
    assert (await house.browser().sign_in(ANA, realm="customer", password=GOOD)).status_code == 303


async def change_address(house: House, browser: Browser, new: str = NEW) -> None:
    await browser.post("/account/email", {"email": new})
    link = await newest_link(house, new)
    answer = await browser.post("/account/email/confirm", {"token": token_of(link)})
    assert answer.headers["location"] == "/account?done=email"


async def test_33_an_address_is_changed_by_proof_alone(house: House, customer: RelyingParty) -> None:
    browser = await at_home(house)
    await browser.post("/account/email", {"email": "Ana@Elsewhere.example"})
    link = await newest_link(house, NEW)
    rows = await house.fetch("select email from accounts where id = $1::text::uuid", house.subs[ANA])
    assert rows == [{"email": ANA}], "asking changes nothing"
    assert NEW in (await browser.get(link)).text
    stranger = await at_home(house, "priya@outside.example")
    assert (await stranger.post("/account/email/confirm", {"token": token_of(link)})).status_code == 410
    assert (await house.browser().get(link)).status_code == 303
    await browser.post("/account/email/confirm", {"token": token_of(link)})
    assert (await browser.post("/account/email/confirm", {"token": token_of(link)})).status_code == 410
    tokens = await signed_in(house, customer, NEW, realm="customer", resource=CUSTOMER)
    claims = await customer.userinfo(tokens.access_token)
    assert (claims["sub"], claims["email"], claims["email_verified"]) == (house.subs[ANA], NEW, True)
    assert (await house.browser().sign_in(ANA, realm="customer")).status_code == 422
    told = (await mails(house, ANA))[0]
    assert told["subject"] == "The e-mail address of your account was changed"
    assert "account.email_changed" in await events_of(house, house.subs[ANA])


async def test_27_a_taken_address_is_answered_like_a_free_one(house: House) -> None:
    browser = await at_home(house)
    free = await browser.post("/account/email", {"email": NEW})
    taken = await browser.post("/account/email", {"email": "priya@outside.example"})
    assert free.headers["location"] == taken.headers["location"]
    [mail] = await mails(house, "priya@outside.example")
    assert mail["subject"] == "You already have an account"
    assert (await browser.post("/account/email", {"email": "no address"})).status_code == 422


async def test_the_old_address_takes_a_change_back_for_a_week(house: House) -> None:
    thief = await at_home(house)
    await change_address(house, thief)
    undo = await newest_link(house, ANA)
    await thief.post("/account/email", {"email": "thief@third.example"})
    await thief.post("/account/password", {"password": GOOD})
    owner = house.browser("198.51.100.9")
    assert ANA in (await owner.get(undo)).text
    answer = await owner.post("/account/email/undo", {"token": token_of(undo)})
    assert answer.headers["location"].startswith("/set-password?token=")
    assert (await thief.get("/account")).status_code == 303
    assert (await house.browser().sign_in(NEW, realm="customer", password=GOOD)).status_code == 422
    assert (await house.browser().sign_in(ANA, realm="customer", password=GOOD)).status_code == 422
    left = await newest_link(house, "thief@third.example")
    assert (await thief.get(left)).status_code == 303, "the thief is not signed in"
    form = {"token": token_of(answer.headers["location"]), "password": "another good one 5"}
    await owner.post("/set-password", form)
    back = await owner.sign_in(ANA, realm="customer", password="another good one 5")
    assert back.status_code == 303
    assert (await owner.get(left)).status_code == 410, "what the thief asked for is dead"
    assert (await owner.post("/account/email/undo", {"token": token_of(undo)})).status_code == 410


async def add_ways_in(house: House, name: str, *, ago: timedelta) -> None:
    """A passkey, a recovery code and a connection elsewhere, added that long ago."""
    sub, now = house.subs[ANA], house.clock.now() - ago
    await house.execute(
        "insert into passkeys (id, account_id, credential_id, public_key, sign_count, transports, is_synced,"
        " name, created_at) values (gen_random_uuid(), $1::text::uuid, $2, '', 0, '{}', false, $3, $4)",
        sub,
        name.encode(),
        name,
        now,
    )
    await house.execute(
        "insert into recovery_codes (code_hash, account_id, created_at) values ($2, $1::text::uuid, $3)",
        sub,
        name,
        now,
    )
    await house.execute(
        "insert into upstreams (id, kind, realm, title, issuer, client_id, token_endpoint_auth_method,"
        " scopes, email_domains, verified_claim, role_rules, provisions, admits_linking, trusts_mfa,"
        " is_enabled, created_at, updated_at)"
        " values ('far', 'oidc', 'customer', 'Far', 'https://far.example', 'x', 'none', '{}', '{}',"
        " 'email_verified', '[]', false, true, false, true, $1, $1) on conflict do nothing",
        now,
    )
    await house.execute(
        "insert into upstream_identities (id, upstream_id, subject, account_id, shown, roles, linked_at,"
        " used_at) values (gen_random_uuid(), 'far', $2, $1::text::uuid, '', '{}', $3, $3)",
        sub,
        name,
        now,
    )


async def test_taking_a_change_back_removes_the_ways_in_that_a_thief_added(house: House) -> None:
    await change_address(house, await at_home(house))
    undo = await newest_link(house, ANA)
    await add_ways_in(house, "own", ago=timedelta(days=3))
    await add_ways_in(house, "just before", ago=timedelta(hours=23))
    await house.execute(
        "insert into totp_credentials (account_id, sealed_secret, created_at, confirmed_at)"
        " values ($1::text::uuid, '', $2, $2)",
        house.subs[ANA],
        house.clock.now(),
    )
    house.clock.advance(timedelta(hours=2))
    await add_ways_in(house, "after", ago=timedelta())
    owner = house.browser("198.51.100.9")
    assert "recovery code" in (await owner.get(undo)).text
    await owner.post("/account/email/undo", {"token": token_of(undo)})
    assert [row["name"] for row in await house.fetch("select name from passkeys")] == ["own"]
    assert [row["subject"] for row in await house.fetch("select * from upstream_identities")] == ["own"]
    assert not await house.fetch("select 1 from totp_credentials union select 1 from recovery_codes")
    assert "no recovery code works" in (await mails(house, ANA))[0]["body"]


async def test_a_change_is_not_taken_back_after_a_week_nor_of_a_shut_account(house: House) -> None:
    browser = await at_home(house)
    await change_address(house, browser)
    undo = token_of(await newest_link(house, ANA))
    await house.deactivate(NEW)
    assert (await house.browser().post("/account/email/undo", {"token": undo})).status_code == 410
    house.clock.advance(timedelta(days=7, seconds=1))
    assert (await house.browser().post("/account/email/undo", {"token": undo})).status_code == 410


async def test_colleagues_are_told_to_ask_their_administrator(house: House) -> None:
    browser = await at_home(house, MAJA, "staff")
    assert "Ask yours" in (await browser.get("/account/email")).text
    assert "Ask yours" in (await browser.get("/account/data")).text
    assert (await browser.post("/account/email", {"email": NEW})).status_code == 403
    assert (await browser.get("/account/close")).headers["location"] == "/account/data"
    assert (await browser.post("/account/close", {"email": MAJA})).status_code == 403
    assert not await mails(house, NEW)


async def test_a_copy_holds_everything_and_no_secret(house: House) -> None:
    browser = await at_home(house)
    await browser.post("/account/profile", {"name": "Ana", "locale": "de", "zone": "UTC"})
    answer = await browser.post("/account/data/export", {})
    assert answer.headers["content-disposition"].startswith('attachment; filename="account-')
    assert answer.headers["cache-control"].endswith("no-store")
    data = json.loads(answer.text)
    assert (data["account"]["email"], data["account"]["locale"]) == (ANA, "de")
    assert len(data["sessions"]) == 1
    assert "session.started" in [row["event"] for row in data["history"]]
    cookie = next(iter(browser.http.cookies.values()))
    rows = await house.fetch("select password_hash, secret_hash from password_credentials, sessions")
    for secret in (cookie, *(value for row in rows for value in row.values())):
        assert secret not in answer.text
    assert "priya" not in answer.text
    answers = [await browser.post("/account/data/export", {}) for _ in range(5)]
    assert answers[-1].status_code == 429


def test_a_copy_forgets_no_table_that_points_at_accounts() -> None:
    """A table that is added must be told of, or be named here with its reason."""
    elsewhere = {
        "pictures": "told as `picture`",
        "passkey_challenges": "random bytes that live for minutes",
        "unfinished_sign_ins": "live for minutes, and become a session or a row of the history",
    }
    told = {model.__tablename__ for model, _ in own_data.KEPT.values()}
    for table in schema.tables.values():
        if any(key.column.table.name == Account.__tablename__ for key in table.foreign_keys):
            assert table.name in told | elsewhere.keys(), table.name
    for model, _ in own_data.KEPT.values():
        names = {column.name for column in model.__table__.columns}
        secret = {name for name in names if "hash" in name or "secret" in name}
        assert secret <= own_data.SECRETS, model.__tablename__


async def close(house: House, browser: Browser) -> str:
    """The link by which a closed account is kept."""
    done = await browser.post("/account/close", {"email": " ANA@outside.example"})
    assert "Your account is closed" in done.text
    return await newest_link(house, ANA)


async def test_22_a_closed_account_is_shut_at_once_and_can_be_kept(
    house: House, customer: RelyingParty
) -> None:
    browser = house.browser()
    tokens = await signed_in(house, customer, ANA, realm="customer", resource=CUSTOMER, browser=browser)
    assert (await browser.post("/account/close", {"email": "priya@outside.example"})).status_code == 422
    link = await close(house, browser)
    with pytest.raises(TokenRefused):
        await customer.refresh(str(tokens.refresh_token))
    assert (await browser.get("/account")).status_code == 303
    assert (await house.browser().sign_in(ANA, realm="customer")).status_code == 422
    house.clock.advance(timedelta(days=13))
    assert await closing.erase_next(house.services) == 0
    stranger = house.browser()
    assert ANA in (await stranger.get(link)).text
    kept = await stranger.post("/account/keep", {"token": token_of(link)})
    assert "Your account is open again" in kept.text
    assert (await house.browser().sign_in(ANA, realm="customer")).status_code == 303
    house.clock.advance(timedelta(days=2))
    assert await closing.erase_next(house.services) == 0
    assert (await stranger.post("/account/keep", {"token": token_of(link)})).status_code == 410


async def test_after_two_weeks_a_closed_account_is_erased(house: House) -> None:
    link = await close(house, await at_home(house))
    house.clock.advance(timedelta(days=14, seconds=1))
    assert await closing.erase_next(house.services) == 1
    assert await closing.erase_next(house.services) == 0
    assert not await house.fetch("select 1 from accounts where email_key = $1", ANA)
    assert (await house.browser().get(link)).status_code == 410
    assert (await mails(house, ANA))[0]["subject"] == "Your account was erased"
    assert "account.purged" in await events_of(house, house.subs[ANA])
    kinds = await house.fetch("select kind from security_events where account_id::text = $1", house.subs[ANA])
    assert any(row["kind"].endswith("account-purged") for row in kinds)


async def test_an_account_that_somebody_opened_again_is_not_erased(house: House) -> None:
    await close(house, await at_home(house))
    await house.execute("update accounts set deactivated_at = null where email_key = $1", ANA)
    house.clock.advance(timedelta(days=15))
    assert await closing.erase_next(house.services) == 1
    assert (await house.browser().sign_in(ANA, realm="customer")).status_code == 303


async def test_who_lost_the_address_to_a_thief_gets_a_closed_account_back(house: House) -> None:
    thief = await at_home(house)
    await change_address(house, thief)
    undo = await newest_link(house, ANA)
    await thief.post("/account/close", {"email": NEW})
    answer = await house.browser().post("/account/email/undo", {"token": token_of(undo)})
    assert answer.headers["location"].startswith("/set-password?token=")
    house.clock.advance(timedelta(days=15))
    assert await closing.erase_next(house.services) == 0


async def switch(house: House, *, active: bool) -> None:
    """What an administrator does to Ana's account."""
    async with Caller(services=house.services, now=house.clock.now(), address="console").begin() as visit:
        account = await visit.session.get_one(Account, UUID(house.subs[ANA]))
        if active:
            await lifecycle.reactivate(visit, account, by="administrator")
        else:
            await lifecycle.deactivate(visit, account, because="an administrator", by="administrator")


async def test_nobody_who_was_shut_out_opens_the_account_they_closed_before(house: House) -> None:
    thief = await at_home(house)
    await change_address(house, thief)
    undo = await newest_link(house, ANA)
    await thief.post("/account/close", {"email": NEW})
    keep = await newest_link(house, NEW)
    await switch(house, active=False)
    stranger = house.browser()
    assert (await stranger.post("/account/keep", {"token": token_of(keep)})).status_code == 410
    assert (await stranger.post("/account/email/undo", {"token": token_of(undo)})).status_code == 410
    house.clock.advance(timedelta(days=15))
    assert await closing.erase_next(house.services) == 0
    rows = await house.fetch("select deactivated_at from accounts where id::text = $1", house.subs[ANA])
    assert rows[0]["deactivated_at"] is not None


async def test_an_account_opened_again_and_shut_later_is_not_erased_on_the_old_day(house: House) -> None:
    link = await close(house, await at_home(house))
    await switch(house, active=True)
    await switch(house, active=False)
    assert (await house.browser().post("/account/keep", {"token": token_of(link)})).status_code == 410
    house.clock.advance(timedelta(days=15))
    assert await closing.erase_next(house.services) == 0
    assert await house.fetch("select 1 from accounts where id::text = $1", house.subs[ANA])
