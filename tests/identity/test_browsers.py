"""Browsers that are known: trusted, told of, and not locked out by others (docs/security.md 28)."""

from datetime import timedelta

from tests.identity.driver import Browser, House
from tests.identity.holders import Holder, is_in, second, set_policy, with_app

MAJA, ANA = "maja@inside.example", "ana@outside.example"
COOKIE = "narrowbridge-identity-staff-device-8000"


async def remembered(house: House) -> tuple[Browser, Holder]:
    """A browser that Maja trusts, signed out again."""
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    holder = await with_app(house, browser)
    await browser.post("/sign-out", {"realm": "staff"})
    await browser.sign_in(MAJA, realm="staff")
    assert is_in(await second(browser, holder.code(), remember="yes"))
    await browser.post("/sign-out", {"realm": "staff"})
    house.clock.advance(timedelta(minutes=1))
    return browser, holder


async def test_a_remembered_browser_is_asked_for_the_password_alone(house: House) -> None:
    browser, _ = await remembered(house)
    assert is_in(await browser.sign_in(MAJA, realm="staff"))
    [row] = await house.fetch("select amr from sessions where ended_at is null")
    assert row["amr"] == ["pwd"], "it stands for no factor"
    assert not is_in(await house.browser().sign_in(MAJA, realm="staff")), "another browser is not"


async def test_it_is_remembered_for_thirty_days(house: House) -> None:
    browser, _ = await remembered(house)
    house.clock.advance(timedelta(days=30))
    assert not is_in(await browser.sign_in(MAJA, realm="staff"))


async def test_a_policy_may_remember_none(house: House) -> None:
    browser, _ = await remembered(house)
    await set_policy(house, "staff", remembered_device_days=0)
    assert not is_in(await browser.sign_in(MAJA, realm="staff"))


async def test_a_new_password_ends_all_trust(house: House) -> None:
    browser, _ = await remembered(house)
    await house.browser().post("/reset-password", {"realm": "staff", "email": MAJA})
    [row] = await house.fetch("select body from mails where subject like 'Set a new%'")
    token = row["body"].partition("token=")[2].split()[0]
    await house.browser().post("/set-password", {"token": token, "password": "quite another sentence"})
    assert not is_in(await browser.sign_in(MAJA, realm="staff", password="quite another sentence"))


async def test_a_browser_is_forgotten_on_the_account_page(house: House) -> None:
    browser, _ = await remembered(house)
    assert is_in(await browser.sign_in(MAJA, realm="staff"))
    assert "Second factor not asked" in (await browser.get("/account/factors")).text
    for row in await house.fetch("select id from known_devices"):
        assert (await browser.post("/account/factors/forget", {"device": str(row["id"])})).status_code == 303
    await browser.post("/sign-out", {"realm": "staff"})
    assert not is_in(await browser.sign_in(MAJA, realm="staff"))


async def test_the_secret_is_hashed_and_new_after_each_sign_in(house: House) -> None:
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    first = browser.http.cookies[COOKIE]
    await browser.sign_in(MAJA, realm="staff")
    assert browser.http.cookies[COOKIE] != first
    rows = await house.fetch("select secret_hash from known_devices")
    assert len(rows) == 1, "the same browser"
    assert rows[0]["secret_hash"] not in (first, browser.http.cookies[COOKIE])


async def test_a_cookie_that_somebody_planted_is_worth_nothing_to_them(house: House) -> None:
    thief = house.browser("203.0.113.5")
    await thief.sign_in("tomas@inside.example", realm="staff")
    planted = thief.http.cookies[COOKIE]
    browser = house.browser()
    browser.http.cookies.set(COOKIE, planted)
    await browser.sign_in(MAJA, realm="staff")
    holder = await with_app(house, browser)
    await browser.post("/sign-out", {"realm": "staff"})
    await browser.sign_in(MAJA, realm="staff")
    await second(browser, holder.code(), remember="yes")
    assert not is_in(await thief.sign_in(MAJA, realm="staff"))


async def test_a_sign_in_in_a_new_browser_is_told(house: House) -> None:
    await house.browser().sign_in(MAJA, realm="staff")
    assert not await house.fetch("select 1 from mails"), "the first one is no news"
    other = house.browser()
    await other.sign_in(MAJA, realm="staff")
    await other.sign_in(MAJA, realm="staff")
    rows = await house.fetch('select subject from mails where "to" = $1', MAJA)
    assert [row["subject"] for row in rows] == ["A sign-in in a new browser"]


async def test_28_guesses_from_everywhere_do_not_lock_out_a_known_browser(house: House) -> None:
    own = house.browser()
    await own.sign_in(MAJA, realm="staff")
    await own.post("/sign-out", {"realm": "staff"})
    for number in range(6):
        for _ in range(10):
            await house.browser(f"203.0.113.{number}").sign_in(MAJA, realm="staff", password="a guess")
    assert (await house.browser("203.0.113.99").sign_in(MAJA, realm="staff")).status_code == 429
    assert is_in(await own.sign_in(MAJA, realm="staff"))


async def test_28_a_known_browser_may_not_guess_for_ever_either(house: House) -> None:
    own = house.browser()
    await own.sign_in(MAJA, realm="staff")
    answers = [await own.sign_in(MAJA, realm="staff", password="a guess") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [422] * 10 + [429]


async def test_28_a_known_browser_of_one_account_is_none_of_another(house: House) -> None:
    own = house.browser()
    await own.sign_in(ANA, realm="customer")
    for _ in range(10):
        await own.sign_in(MAJA, realm="staff", password="a guess")
    assert (await own.sign_in(MAJA, realm="staff", password="a guess")).status_code == 429
