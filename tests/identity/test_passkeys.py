"""Passkeys over HTTP (docs/security.md 31)."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from tests.identity.authenticator import Authenticator, ask
from tests.identity.driver import Browser, House
from tests.identity.holders import is_in, set_policy

MAJA, ANA = "maja@inside.example", "ana@outside.example"


async def keyed(house: House, email: str = MAJA, realm: str = "staff") -> Authenticator:
    browser, key = house.browser("192.0.2.77"), Authenticator()
    await browser.sign_in(email, realm=realm)
    made = await key.make(browser)
    assert made.status_code == 200, made.text
    return key


async def use(browser: Browser, key: Authenticator, *, realm: str = "staff") -> httpx.Response:
    question = await ask(browser, "/sign-in/passkey/options", {"realm": realm})
    form = {"realm": realm, "question": question["question"], "answer": key.used(question["options"])}
    return await browser.post("/sign-in/passkey", form)


async def test_a_passkey_signs_in_without_a_password_and_is_two_factors(house: House) -> None:
    key = await keyed(house)
    assert is_in(await use(house.browser(), key))
    rows = await house.fetch("select amr from sessions order by created_at, id")
    assert ["hwk", "mfa", "user"] in [row["amr"] for row in rows]


async def test_31_a_challenge_is_good_for_one_answer(house: House) -> None:
    key = await keyed(house)
    question = await ask(house.browser(), "/sign-in/passkey/options", {"realm": "staff"})
    answers = [key.used(question["options"]) for _ in range(4)]
    forms = [{"realm": "staff", "question": question["question"], "answer": answer} for answer in answers]
    done = await asyncio.gather(*(house.browser().post("/sign-in/passkey", form) for form in forms))
    assert sum(map(is_in, done)) == 1


async def test_31_a_wrong_answer_uses_the_challenge_up(house: House) -> None:
    key = await keyed(house)
    question = await ask(house.browser(), "/sign-in/passkey/options", {"realm": "staff"})
    form = {"realm": "staff", "question": question["question"]}
    assert (await house.browser().post("/sign-in/passkey", form | {"answer": "{}"})).status_code == 422
    right = form | {"answer": key.used(question["options"])}
    assert (await house.browser().post("/sign-in/passkey", right)).status_code == 422


async def test_31_a_challenge_ends_after_five_minutes(house: House) -> None:
    key = await keyed(house)
    question = await ask(house.browser(), "/sign-in/passkey/options", {"realm": "staff"})
    house.clock.advance(timedelta(minutes=5, seconds=1))
    form = {"realm": "staff", "question": question["question"], "answer": key.used(question["options"])}
    assert (await house.browser().post("/sign-in/passkey", form)).status_code == 422


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://localhost:8001"},
        {"rp_id": "evil.example"},
        {"verifies": False},
        {"count": -1},
        {"id": b"another"},
    ],
)
async def test_31_origin_rp_id_verification_and_counter_are_checked(
    house: House, wrong: dict[str, object]
) -> None:
    key = await keyed(house)
    assert is_in(await use(house.browser(), key))
    for name, value in wrong.items():
        setattr(key, name, value)
    refused = await use(house.browser(), key)
    assert refused.status_code == 422
    assert not is_in(refused)


async def test_31_staff_passkeys_must_check_their_holder_when_made(house: House) -> None:
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    assert (await Authenticator(verifies=False).make(browser)).status_code == 422
    assert not await house.fetch("select 1 from passkeys")


async def test_33_a_passkey_of_one_realm_is_none_of_the_other(house: House) -> None:
    key = await keyed(house)
    assert (await use(house.browser(), key, realm="customer")).status_code == 422


async def test_a_leavers_passkey_is_refused(house: House) -> None:
    key = await keyed(house)
    await house.deactivate(MAJA)
    assert (await use(house.browser(), key)).status_code == 422


async def test_the_second_factor_takes_a_passkey_of_the_same_person_alone(house: House) -> None:
    key = await keyed(house)
    other = await keyed(house, "tomas@inside.example")
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    for candidate, expected in ((other, False), (key, True)):
        question = await ask(browser, "/sign-in/second/options", {"realm": "staff"})
        answer = candidate.used(question["options"])
        form = {"realm": "staff", "question": question["question"], "answer": answer}
        assert is_in(await browser.post("/sign-in/second/passkey", form)) is expected


async def test_a_policy_may_admit_no_passkeys(house: House) -> None:
    key = await keyed(house)
    question = await ask(house.browser(), "/sign-in/passkey/options", {"realm": "staff"})
    await set_policy(house, "staff", allows_passkeys=False)
    form = {"realm": "staff", "question": question["question"], "answer": key.used(question["options"])}
    assert (await house.browser().post("/sign-in/passkey", form)).status_code == 404
    assert "Sign in with a passkey" not in (await house.browser().get("/sign-in?realm=staff")).text


@pytest.mark.parametrize(
    "answer", ["", "{", "[]", '{"id": 1}', '{"id":"a","rawId":"*","response":{}}', "x" * 30000]
)
async def test_nonsense_is_refused(house: House, answer: str) -> None:
    question = await ask(house.browser(), "/sign-in/passkey/options", {"realm": "staff"})
    form = {"realm": "staff", "question": question["question"], "answer": answer}
    assert (await house.browser().post("/sign-in/passkey", form)).status_code == 422


async def test_passkeys_are_renamed_and_removed_and_the_person_hears_of_it(house: House) -> None:
    browser, key = house.browser(), Authenticator()
    await browser.sign_in(ANA, realm="customer")
    await key.make(browser, name="Blue key")
    assert is_in(await use(browser, key, realm="customer"))
    [row] = await house.fetch("select id, name from passkeys")
    assert row["name"] == "Blue key"
    await browser.post("/account/factors/passkey/rename", {"passkey": str(row["id"]), "name": "Red key"})
    assert "Red key" in (await browser.get("/account/factors")).text
    await browser.post("/account/factors/passkey/remove", {"passkey": str(row["id"])})
    assert not await house.fetch("select 1 from passkeys")
    subjects = [
        row["subject"] for row in await house.fetch("select subject from mails order by created_at, id")
    ]
    assert subjects == ["A second factor was added", "A second factor was removed"]
