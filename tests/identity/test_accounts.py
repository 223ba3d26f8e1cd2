"""Accounts, passwords and their links (docs/security.md 20, 25 to 28, 30, 33, 36)."""

import asyncio
import os
import sys
import threading
import time
from datetime import timedelta
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher, extract_parameters
from sqlalchemy import event

from identity_service.accounts.errors import BadEmail
from identity_service.accounts.service import email_key
from identity_service.passwords import rules
from identity_service.passwords.errors import WeakPassword
from identity_service.passwords.service import Passwords
from identity_service.threads import NICENESS, Busy
from shared.oidc import RelyingParty, TokenRefused
from tests.identity.driver import (
    CUSTOMER,
    EMPLOYEE,
    Browser,
    House,
    authorize_url,
    callback,
    link_in,
    pending_of,
    signed_in,
)

MAJA, ANA = "maja@inside.example", "ana@outside.example"
GOOD = "four random words 9"


async def mails(house: House, to: str) -> list[dict[str, Any]]:
    answer = await house.http().get("/dev/mail", params={"to": to}, headers={"Accept": "application/json"})
    return list(answer.json()["data"])


def token_of(link: str) -> str:
    return link.split("token=")[1]


async def ask_to_register(
    house: House, email: str, *, browser: Browser | None = None, pending: str = ""
) -> httpx.Response:
    return await (browser or house.browser()).post("/sign-up", {"email": email, "request": pending})


async def confirm(browser: Browser, link: str, **changes: str) -> httpx.Response:
    form = {"token": token_of(link), "name": "Newcomer", "password": GOOD, **changes}
    return await browser.post("/sign-up/confirm", form)


async def test_registering_from_the_community_and_going_on(house: House, customer: RelyingParty) -> None:
    browser = house.browser()
    request = await customer.begin(scope="openid profile email", resource=CUSTOMER)
    pending = pending_of(await browser.get(request.url))
    form = await browser.get("/sign-up", params={"request": pending})
    assert pending in form.text
    sent = await ask_to_register(house, "New@Outside.example ", browser=browser, pending=pending)
    assert "Look into your mailbox" in sent.text

    link = link_in((await mails(house, "new@outside.example"))[0]["body"])
    assert "new@outside.example" in (await browser.get(link)).text
    tokens = await customer.complete(callback(await confirm(browser, link)), request)
    claims = await customer.userinfo(tokens.access_token)
    assert (claims["name"], claims["email"], claims["email_verified"]) == (
        "Newcomer",
        "new@outside.example",
        True,
    )
    assert (await confirm(house.browser(), link)).status_code == 410, "the link works once"


async def test_prompt_create_leads_to_registration(house: House) -> None:
    url = authorize_url(
        client_id="customer-community", redirect_uri=f"{CUSTOMER}/sign-in/callback", prompt="create"
    )
    assert (await house.browser().get(url)).headers["location"].startswith("/sign-up?request=")


async def test_registration_gives_no_account_without_the_proof(house: House) -> None:
    await ask_to_register(house, "new@outside.example")
    assert not await house.fetch("select 1 from accounts where email_key = 'new@outside.example'")
    link = link_in((await mails(house, "new@outside.example"))[0]["body"])
    for _ in range(3):
        assert (await house.browser().get(link)).status_code == 200, "scanners open links too"
    for broken in (link[:-1], link + "A", "/sign-up/confirm?token="):
        assert (await house.browser().get(broken)).status_code == 410
    house.clock.advance(timedelta(minutes=61))
    assert (await confirm(house.browser(), link)).status_code == 410


async def test_only_customers_register(house: House) -> None:
    await house.browser().post("/sign-up", {"email": "new@inside.example", "realm": "staff"})
    link = link_in((await mails(house, "new@inside.example"))[0]["body"])
    await confirm(house.browser(), link, realm="staff")
    rows = await house.fetch("select realm, roles from accounts where email_key = 'new@inside.example'")
    assert rows == [{"realm": "customer", "roles": []}]


async def test_20_the_session_is_new_at_each_sign_in_and_its_cookie_is_bound(house: House) -> None:
    browser = house.browser()
    planted = {"narrowbridge-identity-staff-8000": "planted-by-somebody"}
    browser.http.cookies.update(planted)
    first = await browser.sign_in(MAJA, realm="staff")
    header = first.headers["set-cookie"]
    assert header.startswith("narrowbridge-identity-staff-8000=")
    assert "planted-by-somebody" not in header
    assert "HttpOnly" in header
    assert "SameSite=lax" in header
    assert "Path=/" in header
    assert "Domain" not in header
    second = await browser.sign_in(MAJA, realm="staff")
    assert second.headers["set-cookie"] != header

    old = house.browser()
    old.http.cookies.set("narrowbridge-identity-staff-8000", header.split("=", 1)[1].split(";")[0])
    assert (await old.get(authorize_url())).headers["location"].startswith("/sign-in")


async def test_20_each_realm_has_a_cookie_of_its_own(house: House) -> None:
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    await browser.sign_in(ANA, realm="customer")
    assert browser.session_cookies == {
        "narrowbridge-identity-staff-8000",
        "narrowbridge-identity-customer-8000",
    }
    swapped = house.browser()
    for name, other in (("staff", "customer"), ("customer", "staff")):
        value = browser.http.cookies[f"narrowbridge-identity-{other}-8000"]
        swapped.http.cookies.set(f"narrowbridge-identity-{name}-8000", value)
    for realm in ("staff", "customer"):
        assert (await swapped.get(f"/account?realm={realm}")).headers["location"].startswith("/sign-in")


async def test_another_person_in_the_same_browser_ends_the_first_ones_session(
    house: House, employee: RelyingParty
) -> None:
    browser = house.browser()
    tokens = await signed_in(house, employee, MAJA, realm="staff", resource=EMPLOYEE, browser=browser)
    await browser.sign_in("tomas@inside.example", realm="staff")
    with pytest.raises(TokenRefused):
        await employee.refresh(str(tokens.refresh_token))


@pytest.mark.parametrize(
    "password",
    [
        "x y z 7",
        "short",
        "password",
        "Password123!",
        "12345678",
        "qwertyuiop",
        "aaaaaaaaaaaa",
        "abababababab",
        "newcomer1",
        "Narrowbridge1",
        "new@outside.example",
        "x" * 257,
    ],
)
async def test_25_a_weak_password_is_refused(house: House, password: str) -> None:
    await ask_to_register(house, "new@outside.example")
    link = link_in((await mails(house, "new@outside.example"))[0]["body"])
    answer = await confirm(house.browser(), link, password=password)
    assert answer.status_code == 422
    field = answer.text.split('name="password"')[1].split(">")[0]
    assert 'value=""' in field
    assert 'value="Newcomer"' in answer.text, "what was typed is kept"
    assert (await confirm(house.browser(), link)).status_code == 303, "the link is still good"


@pytest.mark.parametrize(
    "password", ["tr0mb0ne", "only lower case words", "ünïcödé ßtrings", "w" * 20 + "x y z" * 20]
)
async def test_25_any_other_password_is_taken_whole(house: House, password: str) -> None:
    await ask_to_register(house, "new@outside.example")
    link = link_in((await mails(house, "new@outside.example"))[0]["body"])
    assert (await confirm(house.browser(), link, password=password)).status_code == 303
    for wrong in (password[:-1], password + " ", password.swapcase()):
        answer = await house.browser().sign_in("new@outside.example", realm="customer", password=wrong)
        assert answer.status_code == 422
    right = await house.browser().sign_in("new@outside.example", realm="customer", password=password)
    assert right.status_code == 303


def test_25_the_form_of_a_letter_does_not_matter() -> None:
    assert rules.normalised("cafe\u0301 au lait") == rules.normalised("café au lait")
    with pytest.raises(WeakPassword):
        rules.check("café", about=())


async def test_26_passwords_are_kept_by_argon2id_and_renewed(dear_passwords: None, house: House) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("an unlikely sentence 7")
    await house.execute(
        "update password_credentials set password_hash = $1 where account_id = $2::text::uuid",
        weak,
        house.subs[MAJA],
    )
    assert (await house.browser().sign_in(MAJA, realm="staff")).status_code == 303
    kept = await house.fetch(
        "select password_hash from password_credentials where account_id = $1::text::uuid", house.subs[MAJA]
    )
    assert kept[0]["password_hash"].startswith("$argon2id$")
    parameters = extract_parameters(kept[0]["password_hash"])
    assert parameters.memory_cost >= 19 * 1024
    assert (parameters.time_cost, parameters.parallelism) == (2, 1)


async def test_26_argon2_is_bounded(dear_passwords: None) -> None:
    own = Passwords(max_waiting=3)
    outcomes = await asyncio.gather(*(own.verify(None, "x") for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(outcome, Busy) for outcome in outcomes) == 3
    own.close()


async def test_26_who_finds_the_line_full_is_told_when_to_come_again(house: House) -> None:
    house.services.passwords.close()
    house.services.passwords = Passwords(max_waiting=0)
    answer = await house.browser().sign_in(MAJA, realm="staff")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert Busy.title in answer.text


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere niceness is the whole process's")
async def test_26_argon2_steps_back_behind_what_else_is_asked() -> None:
    own = Passwords()
    await own.verify(None, "x")
    hashing = [thread.native_id for thread in threading.enumerate() if thread.name.startswith("argon2")]
    own.close()
    ours = os.getpriority(os.PRIO_PROCESS, threading.main_thread().native_id or 0)
    assert any(os.getpriority(os.PRIO_PROCESS, thread or 0) == min(19, ours + NICENESS) for thread in hashing)


async def test_27_known_and_unknown_accounts_are_answered_alike(dear_passwords: None, house: House) -> None:
    async def attempt(email: str, path: str, **form: str) -> tuple[int, str, float]:
        started = time.perf_counter()
        answer = await house.browser().post(path, {"email": email, **form})
        return answer.status_code, answer.text.replace(email, "…"), time.perf_counter() - started

    for path, form in (
        ("/sign-in", {"realm": "customer", "password": "not this one"}),
        ("/sign-up", {}),
        ("/reset-password", {"realm": "customer"}),
    ):
        known = await attempt(ANA, path, **form)
        unknown = await attempt("nobody@outside.example", path, **form)
        assert known[:2] == unknown[:2], path
    works = []
    own = Passwords()
    for stored in (await own.hash("x"), None):
        started = time.process_time()
        for _ in range(5):
            await own.verify(stored, "not this one")
        works.append(time.process_time() - started)
    own.close()
    assert 0.5 < works[0] / works[1] < 2


async def test_27_who_has_an_account_is_told_by_mail_only(house: House) -> None:
    await ask_to_register(house, ANA)
    assert (await mails(house, ANA))[0]["subject"] == "You already have an account"
    await house.browser().post("/reset-password", {"email": "nobody@outside.example", "realm": "customer"})
    assert not await mails(house, "nobody@outside.example")


async def test_28_guessing_is_limited_for_an_account_and_an_address(house: House) -> None:
    attacker = house.browser("203.0.113.7")
    answers = await asyncio.gather(
        *(attacker.sign_in(MAJA, realm="staff", password=f"guess {n}") for n in range(25))
    )
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(422) == 10, "parallel guesses count too"
    assert statuses.count(429) == 15
    refused = await attacker.sign_in(MAJA, realm="staff")
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) <= 300
    assert (await house.browser().sign_in(MAJA, realm="staff")).status_code == 303, "the owner gets in"

    house.clock.advance(timedelta(minutes=5, seconds=1))
    assert (await attacker.sign_in(MAJA, realm="staff")).status_code == 303, "no lasting lockout"


async def test_28_guessing_over_many_accounts_is_limited_by_address(house: House) -> None:
    attacker = house.browser("203.0.113.7")
    statuses = [
        (await attacker.sign_in(f"somebody{n}@outside.example", realm="customer", password="x")).status_code
        for n in range(101)
    ]
    assert statuses[-1] == 429
    assert statuses.count(422) == 100


async def test_28_mail_cannot_be_used_to_flood_a_mailbox(house: House) -> None:
    for number in range(8):
        browser = house.browser(f"203.0.113.{number}")
        answer = await browser.post("/reset-password", {"email": ANA, "realm": "customer"})
        assert answer.status_code == 200
    assert len(await mails(house, ANA)) == 5


async def test_30_a_reset_link_works_once_ends_sessions_and_tells_the_person(
    house: House, employee: RelyingParty
) -> None:
    browser = house.browser()
    tokens = await signed_in(house, employee, MAJA, realm="staff", resource=EMPLOYEE, browser=browser)
    await browser.post("/reset-password", {"email": MAJA.upper(), "realm": "staff"})
    link = link_in((await mails(house, MAJA))[0]["body"])
    assert "Maja" in (await browser.get(link)).text
    weak = await browser.post("/set-password", {"token": token_of(link), "password": "password1"})
    assert weak.status_code == 422
    done = await browser.post("/set-password", {"token": token_of(link), "password": GOOD})
    assert "Your password is set" in done.text
    again = await browser.post("/set-password", {"token": token_of(link), "password": GOOD})
    assert again.status_code == 410

    with pytest.raises(TokenRefused):
        await employee.refresh(str(tokens.refresh_token))
    assert (await browser.get(authorize_url())).headers["location"].startswith("/sign-in")
    assert (await mails(house, MAJA))[0]["subject"] == "Your password was changed"
    assert (await house.browser().sign_in(MAJA, realm="staff")).status_code == 422
    assert (await house.browser().sign_in(MAJA, realm="staff", password=GOOD)).status_code == 303


async def test_30_a_link_used_ends_the_others_and_none_outlives_the_address(house: House) -> None:
    browser = house.browser()
    await browser.sign_in(ANA, realm="customer")
    await browser.post("/account/email", {"email": "thief@third.example"})
    move = link_in((await mails(house, "thief@third.example"))[0]["body"])
    for _ in range(2):
        await browser.post("/reset-password", {"email": ANA, "realm": "customer"})
    one, other = (link_in(mail["body"]) for mail in await mails(house, ANA))
    done = await browser.post("/set-password", {"token": token_of(one), "password": GOOD})
    assert "Your password is set" in done.text
    again = await browser.post("/set-password", {"token": token_of(other), "password": GOOD})
    assert again.status_code == 410
    await browser.sign_in(ANA, realm="customer", password=GOOD)
    moved = await browser.post("/account/email/confirm", {"token": token_of(move)})
    assert moved.status_code == 410, "what somebody asked for before"

    await browser.post("/reset-password", {"email": ANA, "realm": "customer"})
    link = link_in((await mails(house, ANA))[0]["body"])
    await house.execute("update accounts set email_key = 'a@new.example' where email_key = $1", ANA)
    late = await browser.post("/set-password", {"token": token_of(link), "password": GOOD})
    assert late.status_code == 410, "the mailbox is no longer that of the account"


async def test_30_a_link_is_for_one_purpose_and_an_hour(house: House) -> None:
    browser = house.browser()
    await browser.post("/reset-password", {"email": ANA, "realm": "customer"})
    link = link_in((await mails(house, ANA))[0]["body"])
    assert (await confirm(browser, link)).status_code == 410
    house.clock.advance(timedelta(minutes=60, seconds=1))
    assert (await browser.get(link)).status_code == 410


async def test_33_equal_addresses_in_two_realms_never_meet(house: House, employee: RelyingParty) -> None:
    await ask_to_register(house, MAJA)
    link = link_in((await mails(house, MAJA))[0]["body"])
    outsider = house.browser()
    assert (await confirm(outsider, link)).status_code == 303
    rows = await house.fetch("select id, realm, roles, name from accounts where email_key = $1", MAJA)
    assert {row["realm"]: row["roles"] for row in rows} == {"staff": ["community_manager"], "customer": []}

    assert (await outsider.get(authorize_url())).headers["location"].startswith("/sign-in")
    assert (await outsider.sign_in(MAJA, realm="staff", password=GOOD)).status_code == 422
    assert (await outsider.sign_in(MAJA, realm="customer")).status_code == 422


async def test_33_an_account_whose_address_is_not_proven_cannot_sign_in(house: House) -> None:
    await house.execute("update accounts set email_verified_at = null where email_key = $1", ANA)
    assert (await house.browser().sign_in(ANA, realm="customer")).status_code == 422


async def test_a_deactivated_account_cannot_sign_in_or_reset(house: House) -> None:
    await house.deactivate(MAJA)
    assert (await house.browser().sign_in(MAJA, realm="staff")).status_code == 422
    await house.browser().post("/reset-password", {"email": MAJA, "realm": "staff"})
    assert not await mails(house, MAJA)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ana@Outside.Example", "ana@outside.example"),
        (" ÄNNE@outside.example", "a\u0308nne@outside.example"),
        ("STRA\u1e9eE@outside.example", "straße@outside.example"),
        ("\uff21na@outside.example", "ana@outside.example"),
    ],
)
def test_an_address_may_be_typed_in_several_ways(one: str, other: str) -> None:
    assert email_key(one) == email_key(other) == email_key(email_key(one))


async def test_33_two_mailboxes_are_never_one_account(house: House) -> None:
    assert email_key("straße@outside.example") != email_key("strasse@outside.example")
    for email in ("strasse@outside.example", "Straße@outside.example"):
        await ask_to_register(house, email)
    browser = house.browser()
    for email in ("straße@outside.example", "strasse@outside.example"):
        [mail] = await mails(house, email)
        assert mail["subject"] == "Confirm your e-mail address"
        assert (await confirm(browser, link_in(mail["body"]))).status_code == 303
    rows = await house.fetch("select email_key from accounts where email_key like 'stra%' order by 1")
    assert [row["email_key"] for row in rows] == ["strasse@outside.example", "straße@outside.example"]


@pytest.mark.parametrize(
    "email",
    [
        "",
        "no-at",
        "\ufb01@x.example",
        "a@x\u3002example",
        "a\uff1cb@x.example",
        "@x.example",
        "a@",
        "a b@x.example",
        "a@x\nBcc: b@x.example",
        "a@b@c",
        "x" * 250 + "@y.z",
    ],
)
async def test_an_address_that_is_none(house: House, email: str) -> None:
    with pytest.raises(BadEmail):
        email_key(email)
    for path in ("/sign-up", "/reset-password"):
        assert (await house.browser().post(path, {"email": email, "realm": "customer"})).status_code == 422
    assert (await house.browser().sign_in(email, realm="customer")).status_code == 422


async def test_an_address_far_too_long_is_refused_before_any_work(house: House) -> None:
    began = time.perf_counter()
    form = {"email": "a" + "\u0316\u0301" * 100_000, "password": GOOD, "realm": "customer"}
    answer = await house.browser().post("/sign-in", form)
    assert answer.status_code < 500
    assert time.perf_counter() - began < 5


async def test_strange_input_is_no_error_of_ours(house: House) -> None:
    for value in ("\0", "\ud800".encode("utf-8", "surrogatepass"), "🙂" * 300, "' or 1=1 --"):
        form = {
            "email": value,
            "password": value,
            "realm": value,
            "request": value,
            "token": value,
            "name": value,
        }
        for path in ("/sign-in", "/sign-up", "/sign-up/confirm", "/reset-password", "/set-password"):
            answer = await house.browser().post(path, form)
            assert answer.status_code < 500, path
        for path in ("/sign-in", "/sign-up", "/sign-up/confirm", "/set-password", "/oauth/end-session"):
            answer = await house.http().get(path, params={"token": value, "request": value, "realm": value})
            assert answer.status_code < 500, path


async def test_36_nothing_secret_is_logged_and_pages_are_not_kept(
    house: House, employee: RelyingParty, capsys: pytest.CaptureFixture[str]
) -> None:
    browser = house.browser()
    request = await employee.begin(scope="openid", resource=EMPLOYEE)
    form = await browser.get((await browser.get(request.url)).headers["location"])
    assert form.headers["cache-control"].endswith("no-store")
    assert form.headers["referrer-policy"] == "no-referrer"

    answer = await browser.authorize(request, MAJA)
    tokens = await employee.complete(answer, request)
    fresh = await employee.refresh(str(tokens.refresh_token))
    await browser.post("/reset-password", {"email": MAJA, "realm": "staff"})
    link = link_in((await mails(house, MAJA))[0]["body"])
    await browser.get(link)
    logged = "".join(capsys.readouterr())
    secrets = (
        "an unlikely sentence 7",
        "e" * 43,
        "k" * 43,
        answer["code"],
        tokens.access_token,
        str(tokens.refresh_token),
        str(fresh.refresh_token),
        str(tokens.id_token),
        token_of(link),
        next(iter(browser.http.cookies.values())),
        MAJA,
    )
    assert "request" in logged
    for secret in secrets:
        assert secret not in logged
        held = await house.fetch(
            "select count(*) as found from audit_rows where audit_rows::text like $1", f"%{secret}%"
        )
        assert held[0]["found"] == 0


async def test_36_secrets_are_kept_hashed(house: House, employee: RelyingParty) -> None:
    browser = house.browser()
    request = await employee.begin(scope="openid", resource=EMPLOYEE)
    answer = await browser.authorize(request, MAJA)
    tokens = await employee.complete(answer, request)
    cookie = next(iter(browser.http.cookies.values()))
    tables = await house.fetch(
        "select table_name from information_schema.tables where table_schema = 'public'"
    )
    for secret in (answer["code"], str(tokens.refresh_token), cookie, "e" * 43, "an unlikely sentence 7"):
        for table in tables:
            name = table["table_name"]
            found = await house.fetch(f'select 1 from "{name}" t where t::text like $1', f"%{secret}%")
            assert not found, name


async def test_the_two_realms_sign_in_pages_differ_at_a_glance(house: House) -> None:
    staff = (await house.browser().get("/sign-in?realm=staff")).text
    customers = (await house.browser().get("/sign-in?realm=customer")).text
    assert 'data-theme="inside"' in staff
    assert "Inside · colleagues only" in staff
    assert "Sign in as a colleague" in staff
    assert "Open an account" not in staff
    assert 'data-theme="outside"' in customers
    assert "Sign in as a customer" in customers


@pytest.mark.parametrize("path", ["/reset-password", "/sign-up"])
async def test_27_as_much_is_written_for_an_unknown_address(house: House, path: str) -> None:
    written: dict[str, list[str]] = {}
    now: list[str] = []

    def note(*about: object) -> None:
        if str(about[2]).startswith("INSERT"):
            now.append(str(about[2]).partition("(")[0])

    event.listen(house.services.database.engine.sync_engine, "before_cursor_execute", note)
    for email in ("ana@outside.example", "nobody@outside.example"):
        now.clear()
        answer = await house.browser().post(path, {"email": email, "realm": "customer"})
        assert answer.status_code == 200
        written[email] = sorted(now)
    assert written["nobody@outside.example"] == written["ana@outside.example"]
    assert any("mails" in statement for statement in now)
    if path == "/reset-password":
        assert not await house.fetch("select 1 from mails where \"to\" = 'nobody@outside.example'")
        assert not await house.fetch("select 1 from email_proofs where email = 'nobody@outside.example'")
