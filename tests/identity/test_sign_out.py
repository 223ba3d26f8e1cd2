"""Signing out (docs/security.md 18 and 21; OpenID Connect RP-Initiated Logout 1.0)."""

from datetime import timedelta

import httpx
import pytest

from shared.oidc import RelyingParty, TokenRefused
from tests.identity.driver import CUSTOMER, EMPLOYEE, House, authorize_url, callback, signed_in

MAJA = "maja@inside.example"


async def test_signing_out_at_a_community_ends_it_everywhere(
    house: House, employee: RelyingParty, customer: RelyingParty
) -> None:
    browser = house.browser()
    inside = await signed_in(house, employee, MAJA, realm="staff", resource=EMPLOYEE, browser=browser)
    outside = await signed_in(house, customer, MAJA, realm="staff", resource=CUSTOMER, browser=browser)
    url = await employee.end_session_url(id_token=inside.id_token, back_to=f"{EMPLOYEE}/", state="s")
    answer = await browser.get(url)

    assert answer.headers["location"] == f"{EMPLOYEE}/?state=s"
    for party, tokens in ((employee, inside), (customer, outside)):
        with pytest.raises(TokenRefused, match="invalid_grant"):
            await party.refresh(str(tokens.refresh_token))
    assert (await browser.get(authorize_url())).headers["location"].startswith("/sign-in")
    assert not browser.session_cookies


async def test_the_other_realms_session_stays(
    house: House, employee: RelyingParty, customer: RelyingParty
) -> None:
    browser = house.browser()
    inside = await signed_in(house, employee, MAJA, realm="staff", resource=EMPLOYEE, browser=browser)
    ana = await signed_in(
        house, customer, "ana@outside.example", realm="customer", resource=CUSTOMER, browser=browser
    )
    await browser.get(await employee.end_session_url(id_token=inside.id_token, back_to=f"{EMPLOYEE}/"))
    assert await customer.refresh(str(ana.refresh_token))
    assert len(browser.session_cookies) == 1


async def test_a_hint_is_good_after_its_end(house: House, employee: RelyingParty) -> None:
    browser = house.browser()
    tokens = await signed_in(house, employee, MAJA, realm="staff", resource=EMPLOYEE, browser=browser)
    house.clock.advance(timedelta(hours=2))
    url = await employee.end_session_url(id_token=tokens.id_token, back_to=f"{EMPLOYEE}/")
    assert (await browser.get(url)).status_code == 303
    with pytest.raises(TokenRefused):
        await employee.refresh(str(tokens.refresh_token))


async def test_logout_may_be_posted(house: House, employee: RelyingParty, raw: httpx.AsyncClient) -> None:
    tokens = await signed_in(house, employee, MAJA, realm="staff", resource=EMPLOYEE)
    answer = await raw.post("/oauth/end-session", data={"id_token_hint": tokens.id_token})
    assert answer.status_code == 200
    assert "You are signed out" in answer.text


@pytest.mark.parametrize(
    "changes",
    [
        {"post_logout_redirect_uri": "https://evil.example/"},
        {"post_logout_redirect_uri": f"{CUSTOMER}/"},
        {"post_logout_redirect_uri": f"{EMPLOYEE}/?x"},
        {"client_id": "customer-community"},
        {"id_token_hint": "x.y.z"},
        {"id_token_hint": "@changed"},
    ],
)
async def test_a_wrong_logout_request_is_a_page_and_ends_nothing(
    house: House, employee: RelyingParty, changes: dict[str, str]
) -> None:
    browser = house.browser()
    tokens = await signed_in(house, employee, MAJA, realm="staff", resource=EMPLOYEE, browser=browser)
    hint = str(tokens.id_token)
    changed = hint[:-10] + ("A" if hint[-10] != "A" else "B") + hint[-9:]
    query = {"id_token_hint": hint} | {k: v.replace("@changed", changed) for k, v in changes.items()}
    answer = await browser.get("/oauth/end-session", params=query)

    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "evil" not in answer.text
    assert await employee.refresh(str(tokens.refresh_token))


async def test_18_without_a_hint_the_person_is_asked(house: House, employee: RelyingParty) -> None:
    browser = house.browser()
    tokens = await signed_in(house, employee, MAJA, realm="staff", resource=EMPLOYEE, browser=browser)
    asked = await browser.get("/oauth/end-session", params={"post_logout_redirect_uri": f"{EMPLOYEE}/"})
    assert asked.status_code == 200
    assert "Sign out?" in asked.text
    assert await employee.refresh(str(tokens.refresh_token))

    done = await browser.post("/sign-out", {"realm": "staff"})
    assert "You are signed out" in done.text
    assert not browser.session_cookies
    nobody = await house.browser().get("/oauth/end-session")
    assert "You are signed out" in nobody.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": EMPLOYEE},
        {"Origin": "null"},
        {},
    ],
)
async def test_18_forms_of_other_sites_are_refused(house: House, headers: dict[str, str]) -> None:
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    form = {"realm": "staff", "email": MAJA, "password": "an unlikely sentence 7", "token": "x"}
    for path in (
        "/sign-in",
        "/sign-out",
        "/sign-up",
        "/sign-up/confirm",
        "/reset-password",
        "/set-password",
        "/oauth/consent",
    ):
        answer = await browser.post(path, form | {"request": "x"}, headers=headers)
        assert answer.status_code == 403, path
    assert "code" in callback(await browser.get(authorize_url())), "still signed in"


async def test_21_a_stolen_cookie_is_worth_nothing_after_signing_out(house: House) -> None:
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    kept = dict(browser.http.cookies)
    await browser.post("/sign-out", {"realm": "staff"})
    thief = house.browser()
    thief.http.cookies.update(kept)
    assert (await thief.get(authorize_url())).headers["location"].startswith("/sign-in")


async def test_21_a_session_ends_with_idleness_and_absolutely(house: House) -> None:
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    for _ in range(3):
        house.clock.advance(timedelta(hours=3, minutes=50))
        assert "code" in callback(await browser.get(authorize_url()))
    house.clock.advance(timedelta(minutes=31))
    assert (await browser.get(authorize_url())).headers["location"].startswith("/sign-in")

    await browser.sign_in(MAJA, realm="staff")
    house.clock.advance(timedelta(hours=4, seconds=1))
    assert (await browser.get(authorize_url())).headers["location"].startswith("/sign-in")
