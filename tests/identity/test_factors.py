"""Authenticator apps, recovery codes and policies (docs/security.md 24, 28, 29, 30, 32)."""

import asyncio
from datetime import timedelta

import pytest

from shared.oidc import RelyingParty
from tests.identity.driver import EMPLOYEE, PASSWORD, House, link_in, payload
from tests.identity.holders import (
    STEP,
    Holder,
    caller_of,
    codes_in,
    is_in,
    second,
    secret_in,
    set_policy,
    with_app,
)

MAJA, ANA = "maja@inside.example", "ana@outside.example"


async def app_of(house: House, email: str = MAJA, realm: str = "staff") -> Holder:
    browser = house.browser("192.0.2.77")
    await browser.sign_in(email, realm=realm)
    return await with_app(house, browser, realm=realm)


async def mails(house: House, email: str) -> list[str]:
    rows = await house.fetch('select subject from mails where "to" = $1 order by created_at, id', email)
    return [row["subject"] for row in rows]


async def test_the_secret_is_shown_as_a_picture_without_style_of_its_own(
    house: House,
) -> None:
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    shown = await browser.get("/account/factors/app")
    assert "<svg" in shown.text
    assert "style=" not in shown.text.partition("<svg")[2].partition("</svg>")[0]


async def test_a_secret_that_waits_is_shown_once_and_works_where_it_was_shown(house: House) -> None:
    thief, browser = house.browser("203.0.113.9"), house.browser()
    await thief.sign_in(MAJA, realm="staff")
    await browser.sign_in(MAJA, realm="staff")
    seen = secret_in(await thief.get("/account/factors/app"))
    shown = secret_in(await browser.get("/account/factors/app"))
    assert shown != seen, "nobody is given what somebody else saw"
    mistyped = await browser.post("/account/factors/app", {"code": "000000"})
    assert secret_in(mistyped) == shown, "a slip of the finger costs no second scan"
    assert secret_in(await browser.get("/account/factors/app")) != shown
    seen = secret_in(await thief.get("/account/factors/app"))
    elsewhere = await browser.post("/account/factors/app", {"code": Holder(house, seen).code()})
    assert elsewhere.status_code == 422
    assert secret_in(elsewhere) != seen
    holder = Holder(house, secret_in(elsewhere))
    assert (await thief.post("/account/factors/app", {"code": holder.code()})).status_code == 422
    holder = await with_app(house, browser)
    assert len(holder.codes) == 10


async def test_a_secret_is_kept_sealed(house: House) -> None:
    holder = await app_of(house)
    [row] = await house.fetch("select sealed_secret from totp_credentials")
    assert holder.secret.encode() not in bytes(row["sealed_secret"])


async def test_a_password_alone_does_not_sign_in_who_has_an_app(house: House) -> None:
    holder = await app_of(house)
    browser = house.browser()
    first = await browser.sign_in(MAJA, realm="staff")
    assert first.headers["location"] == "/sign-in/second?realm=staff"
    assert not is_in(first)
    assert (await browser.get("/account")).status_code == 303
    assert "One more step" in (await browser.get("/sign-in/second?realm=staff")).text
    done = await second(browser, holder.code())
    assert is_in(done)
    assert (await browser.get("/account")).status_code == 200


@pytest.mark.parametrize("steps", [-1, 0, 1])
async def test_a_clock_may_be_one_step_off(house: House, steps: int) -> None:
    holder = await app_of(house)
    house.clock.advance(timedelta(seconds=2 * STEP))
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    assert is_in(await second(browser, holder.code(steps=steps)))


@pytest.mark.parametrize("steps", [-2, 2])
async def test_a_clock_may_not_be_two_steps_off(house: House, steps: int) -> None:
    holder = await app_of(house)
    house.clock.advance(timedelta(seconds=2 * STEP))
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    assert (await second(browser, holder.code(steps=steps))).status_code == 422


async def test_29_a_code_works_once_and_no_older_one_after_it(house: House) -> None:
    holder = await app_of(house)
    first, other, third = (house.browser() for _ in range(3))
    for browser in (first, other, third):
        await browser.sign_in(MAJA, realm="staff")
    code, older = holder.code(), holder.code(steps=-1)
    assert is_in(await second(first, code))
    assert (await second(other, code)).status_code == 422
    assert (await second(third, older)).status_code == 422


async def test_29_of_parallel_uses_of_a_code_one_succeeds(house: House) -> None:
    holder = await app_of(house)
    browsers = [house.browser() for _ in range(5)]
    for browser in browsers:
        await browser.sign_in(MAJA, realm="staff")
    answers = await asyncio.gather(*(second(browser, holder.code()) for browser in browsers))
    assert sum(map(is_in, answers)) == 1


async def test_29_recovery_codes_are_hashed_and_work_once(house: House) -> None:
    holder = await app_of(house)
    assert len(set(holder.codes)) == 10
    kept = {row["code_hash"] for row in await house.fetch("select code_hash from recovery_codes")}
    assert len(kept) == 10
    assert not any(code in kept or code.replace("-", "") in kept for code in holder.codes)
    browsers = [house.browser() for _ in range(4)]
    for browser in browsers:
        await browser.sign_in(MAJA, realm="staff")
    answers = await asyncio.gather(*(second(browser, holder.codes[0]) for browser in browsers))
    assert sum(map(is_in, answers)) == 1
    other = house.browser()
    await other.sign_in(MAJA, realm="staff")
    assert is_in(await second(other, holder.codes[1].upper().replace("-", " "))), "as people type"
    assert "A recovery code was used" in await mails(house, MAJA)


async def test_29_new_recovery_codes_void_the_old_ones(house: House) -> None:
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    holder = await with_app(house, browser)
    await browser.get("/sign-in/step-up?realm=staff&next=/account/factors")
    assert is_in(await second(browser, holder.code()))
    fresh = codes_in(await browser.post("/account/factors/codes", {}))
    assert len(fresh) == 10
    other = house.browser()
    await other.sign_in(MAJA, realm="staff")
    assert (await second(other, holder.codes[0])).status_code == 422
    assert is_in(await second(other, fresh[0]))


async def test_28_guesses_at_codes_end_the_sign_in_and_are_limited_for_the_account(house: House) -> None:
    holder = await app_of(house)
    statuses = []
    for number in range(3):
        browser = house.browser(f"203.0.113.{number}")
        await browser.sign_in(MAJA, realm="staff")
        statuses += [(await second(browser, f"00000{guess}")).status_code for guess in range(5)]
    assert statuses == ([422] * 4 + [303]) * 2 + [429] * 5
    late = house.browser("203.0.113.9")
    await late.sign_in(MAJA, realm="staff")
    assert (await second(late, holder.code())).status_code == 429
    assert "Somebody knows your password" in await mails(house, MAJA)


async def test_28_guesses_from_elsewhere_do_not_lock_out_a_known_browser(house: House) -> None:
    own = house.browser()
    await own.sign_in(MAJA, realm="staff")
    holder = await with_app(house, own)
    thief = house.browser("203.0.113.4")
    for _ in range(3):
        await thief.sign_in(MAJA, realm="staff")
        for guess in range(5):
            await second(thief, f"00000{guess}")
    await own.post("/sign-out", {"realm": "staff"})
    await own.sign_in(MAJA, realm="staff")
    assert is_in(await second(own, holder.code()))


async def test_28_parallel_guesses_at_codes_are_all_counted(house: House) -> None:
    await app_of(house)
    browsers = [house.browser(f"203.0.113.{number}") for number in range(16)]
    for browser in browsers:
        await browser.sign_in(MAJA, realm="staff")
    answers = await asyncio.gather(*(second(browser, "000000") for browser in browsers))
    assert sum(answer.status_code == 429 for answer in answers) == 6


async def test_half_a_sign_in_ends_after_ten_minutes(house: House) -> None:
    holder = await app_of(house)
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    house.clock.advance(timedelta(minutes=10, seconds=1))
    late = await second(browser, holder.code())
    assert late.headers["location"].startswith("/sign-in?realm=staff")
    assert not is_in(late)


@pytest.mark.parametrize("how", ["a new password by mail", "a new password", "others ended", "signed out"])
async def test_30_half_a_sign_in_ends_with_the_sessions_of_its_person(house: House, how: str) -> None:
    browser, thief = house.browser(), house.browser("203.0.113.9")
    await browser.sign_in(MAJA, realm="staff")
    holder = await with_app(house, browser)
    await browser.get("/sign-in/step-up?realm=staff&next=/account/password")
    assert is_in(await second(browser, holder.code()))
    house.clock.advance(timedelta(seconds=STEP))
    assert not is_in(await thief.sign_in(MAJA, realm="staff")), "half done, with the old password"
    match how:
        case "a new password by mail":
            await browser.post("/reset-password", {"realm": "staff", "email": MAJA})
            [row] = await house.fetch("select body from mails where subject like 'Set a new%'")
            token = link_in(row["body"]).partition("token=")[2]
            done = await browser.post("/set-password", {"token": token, "password": "quite another sentence"})
        case "a new password":
            done = await browser.post("/account/password", {"password": "quite another sentence"})
        case "others ended":
            done = await browser.post("/account/sessions/end-others", {})
        case _:
            done = await browser.post("/sign-out", {"realm": "staff"})
    assert done.status_code in (200, 303)
    assert "/sign-in" not in done.headers.get("location", "")
    late = await second(thief, holder.code())
    assert late.headers["location"].startswith("/sign-in?realm=staff")
    assert not is_in(late)


async def test_30_a_new_password_by_mail_skips_no_second_factor(house: House) -> None:
    holder = await app_of(house)
    browser = house.browser()
    await browser.post("/reset-password", {"realm": "staff", "email": MAJA})
    [row] = await house.fetch("select body from mails where subject like 'Set a new%'")
    token = link_in(row["body"]).partition("token=")[2]
    await browser.post("/set-password", {"token": token, "password": "quite another sentence"})
    first = await browser.sign_in(MAJA, realm="staff", password="quite another sentence")
    assert not is_in(first)
    assert is_in(await second(browser, holder.code()))


async def test_32_staff_can_be_made_to_have_a_second_factor(house: House) -> None:
    await set_policy(house, "staff", requires_mfa=True)
    browser = house.browser()
    first = await browser.sign_in(MAJA, realm="staff")
    assert not is_in(first)
    sent_on = await browser.get(first.headers["location"])
    assert sent_on.headers["location"] == "/sign-in/enrol?realm=staff"
    shown = await browser.get("/sign-in/enrol?realm=staff")
    holder = Holder(house, secret_in(shown))
    assert (
        (await browser.post("/sign-in/enrol/done", {"realm": "staff"}))
        .headers["location"]
        .startswith("/sign-in?")
    )
    await browser.sign_in(MAJA, realm="staff")
    late = await browser.post("/sign-in/enrol", {"realm": "staff", "code": holder.code()})
    assert late.status_code == 422, "shown to another sign-in"
    holder = Holder(house, secret_in(late))
    mistyped = await browser.post("/sign-in/enrol", {"realm": "staff", "code": "000000"})
    assert mistyped.status_code == 422
    assert secret_in(mistyped) == holder.secret
    done = await browser.post("/sign-in/enrol", {"realm": "staff", "code": holder.code()})
    assert len(codes_in(done)) == 10
    assert is_in(await browser.post("/sign-in/enrol/done", {"realm": "staff"}))
    assert is_in(await house.browser().sign_in(ANA, realm="customer")), "customers have a policy of their own"


async def test_32_a_demanded_factor_cannot_be_removed(house: House) -> None:
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    holder = await with_app(house, browser)
    await set_policy(house, "staff", requires_mfa=True)
    await browser.get("/sign-in/step-up?realm=staff&next=/account/factors")
    await second(browser, holder.code())
    assert (await browser.post("/account/factors/app/remove", {})).status_code == 409
    await set_policy(house, "staff", requires_mfa=False)
    assert (await browser.post("/account/factors/app/remove", {})).status_code == 303
    assert not await house.fetch("select 1 from totp_credentials")
    assert not await house.fetch("select 1 from recovery_codes")
    assert (await mails(house, MAJA))[-1] == "A second factor was removed"


async def test_24_factors_are_changed_only_after_a_fresh_proof(house: House) -> None:
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    house.clock.advance(timedelta(minutes=10, seconds=1))
    for path in ("/account/factors/app", "/account/factors/passkey"):
        sent = await browser.get(path)
        assert sent.headers["location"].startswith("/sign-in?realm=staff&next=")
    for path in ("app", "app/remove", "codes", "passkey", "passkey/options", "passkey/remove"):
        refused = await browser.post(f"/account/factors/{path}", {"code": "000000"})
        assert refused.headers["location"].startswith("/sign-in?realm=staff&next=")
    before = dict(browser.http.cookies)
    form = {"email": MAJA, "password": PASSWORD, "realm": "staff", "next": "/account/factors/app"}
    back = await browser.post("/sign-in", form)
    assert back.headers["location"] == "/account/factors/app"
    assert dict(browser.http.cookies) != before, "a new secret"
    assert (await browser.get("/account/factors/app")).status_code == 200
    assert len(await house.fetch("select 1 from sessions where ended_at is null")) == 1


async def test_24_a_fresh_password_is_not_enough_for_who_has_a_factor(house: House) -> None:
    holder = await app_of(house)
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    await second(browser, holder.code(), remember="yes")
    house.clock.advance(timedelta(hours=1))
    form = {"email": MAJA, "password": PASSWORD, "realm": "staff", "next": "/account/factors"}
    half = await browser.post("/sign-in", form)
    assert half.headers["location"] == "/sign-in/second?realm=staff", "though the browser is remembered"
    assert (await second(browser, holder.code())).headers["location"] == "/account/factors"


@pytest.mark.parametrize(
    "path",
    ["https://evil.example/", "//evil.example/account", "/account/../sign-out", "/accounts", "javascript:1"],
)
async def test_19_proving_again_leads_to_no_other_place(house: House, path: str) -> None:
    browser = house.browser()
    form = {"email": MAJA, "password": PASSWORD, "realm": "staff", "next": path}
    assert (await browser.post("/sign-in", form)).headers["location"] == "/account?realm=staff"


async def test_18_forms_about_factors_come_from_our_own_pages(house: House) -> None:
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    paths = ["/sign-in/second", "/sign-in/enrol", "/sign-in/enrol/done", "/sign-in/passkey"]
    paths += ["/account/factors/app", "/account/factors/codes", "/account/factors/forget"]
    for path in paths:
        answer = await browser.post(path, {"realm": "staff"}, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403, path


async def test_factors_of_others_are_not_found(house: House) -> None:
    await app_of(house)
    browser = house.browser()
    await browser.sign_in(ANA, realm="customer")
    [device] = await house.fetch(
        "select d.id from known_devices d join accounts a on a.id = d.account_id where a.realm = 'staff'"
    )
    assert (await browser.post("/account/factors/forget", {"device": str(device["id"])})).status_code == 404
    assert (await browser.post("/account/factors/passkey/rename", {"passkey": "x"})).status_code == 404


async def test_tokens_say_that_two_factors_were_given(house: House, employee: RelyingParty) -> None:
    holder = await app_of(house)
    browser = house.browser()
    request = await employee.begin(scope="openid", resource=EMPLOYEE, realm="staff")
    asked = await browser.get(request.url)
    pending = asked.headers["location"].partition("request=")[2]
    await browser.sign_in(MAJA, realm="", pending=pending)
    done = await second(browser, holder.code())
    query = dict(pair.split("=", 1) for pair in done.headers["location"].partition("?")[2].split("&"))
    query["iss"] = "http://localhost:8000"
    tokens = await employee.complete(query, request)
    for claims in (tokens.id_claims, payload(tokens.access_token)):
        assert claims["acr"] == "urn:narrowbridge:acr:2"
        assert claims["amr"] == ["mfa", "otp", "pwd"]
    verified = await house.verifier(EMPLOYEE).verify(tokens.access_token)
    assert verified.acr == "urn:narrowbridge:acr:2"
    assert verified.auth_time == int(house.clock.now().timestamp())


async def test_policies_out_of_range_are_refused(house: House) -> None:
    from_console = caller_of(house)
    assert from_console.address == "console"
    for values in ({"password_min_length": 7}, {"remembered_device_days": 91}):
        with pytest.raises(Exception, match=r"between|remembered"):
            await set_policy(house, "staff", **values)
