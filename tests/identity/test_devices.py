"""Signing in on a device (RFC 8628; docs/security.md 18 and 28)."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from identity_service.device_flow.codes import ALPHABET
from identity_service.limits.service import USER_CODE_ADDRESS
from shared.oidc.names import GrantType
from tests.identity.driver import CUSTOMER, EMPLOYEE, EMPLOYEE_AUTH, Browser, House, payload, pending_of

MAJA, ANA = "maja@inside.example", "ana@outside.example"
CLI = "narrowbridge-cli"


async def begin(http: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    form = {
        "client_id": CLI,
        "scope": "openid profile community:read",
        "realm": "staff",
        "resource": EMPLOYEE,
    }
    answer = await http.post("/oauth/device_authorization", data=form | changes)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"].endswith("no-store")
    return dict(answer.json())


async def poll(http: httpx.AsyncClient, device_code: str, **changes: Any) -> httpx.Response:
    form = {"grant_type": GrantType.DEVICE.value, "device_code": device_code, "client_id": CLI} | changes
    return await http.post("/oauth/token", data=form)


async def decide(browser: Browser, user_code: str, *, allow: bool = True) -> httpx.Response:
    """Type the code and say yes or no, already signed in."""
    found = await browser.post("/device", {"user_code": user_code})
    asked = await browser.get(found.headers["location"])
    assert user_code in asked.text
    form = {"request": pending_of(found)} | ({"allow": "yes"} if allow else {})
    return await browser.post("/device/decide", form)


async def colleague(house: House, email: str = MAJA, realm: str = "staff") -> Browser:
    browser = house.browser()
    await browser.sign_in(email, realm=realm)
    return browser


async def test_the_whole_way(house: House, raw: httpx.AsyncClient) -> None:
    given = await begin(raw)
    assert given["verification_uri"].endswith("/device")
    assert given["verification_uri_complete"] == f"{given['verification_uri']}?user_code={given['user_code']}"
    assert (given["expires_in"], given["interval"]) == (600, 5)
    assert (await poll(raw, given["device_code"])).json()["error"] == "authorization_pending"

    browser = house.browser()
    page = await browser.get(f"/device?user_code={given['user_code']}")
    assert f'value="{given["user_code"]}"' in page.text
    assert "Does your device show this code?" in page.text
    found = await browser.post("/device", {"user_code": given["user_code"]})
    assert found.headers["location"].startswith("/sign-in?request=")
    back = await browser.sign_in(MAJA, realm="", pending=pending_of(found))
    asked = await browser.get(back.headers["location"])
    assert "Let Narrowbridge command line in on your device?" in asked.text
    assert given["user_code"] in asked.text
    assert "Maja" in asked.text
    done = await browser.post("/device/decide", {"request": pending_of(back), "allow": "yes"})
    assert "Your device is signed in" in done.text

    house.clock.advance(timedelta(seconds=5))
    tokens = (await poll(raw, given["device_code"])).json()
    claims = payload(tokens["access_token"])
    assert (claims["sub"], claims["aud"], claims["realm"]) == (house.subs[MAJA], EMPLOYEE, "staff")
    assert payload(tokens["id_token"])["sub"] == house.subs[MAJA]
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": CLI}
    assert (await raw.post("/oauth/token", data=refresh)).status_code == 200
    events = await house.fetch("select event from audit_rows where event like 'device.%'")
    assert [row["event"] for row in events] == ["device.allowed"]


async def test_the_person_may_say_no(house: House, raw: httpx.AsyncClient) -> None:
    given = await begin(raw)
    done = await decide(await colleague(house), given["user_code"], allow=False)
    assert "Your device is not signed in" in done.text
    assert (await poll(raw, given["device_code"])).json()["error"] == "access_denied"
    assert await house.fetch("select 1 from grants where client_id = $1", CLI) == []


async def test_who_asks_too_often_has_to_slow_down(house: House, raw: httpx.AsyncClient) -> None:
    code = (await begin(raw))["device_code"]
    wanted = [(0, "authorization_pending"), (4, "slow_down"), (6, "slow_down"), (15, "authorization_pending")]
    for seconds, error in wanted:
        house.clock.advance(timedelta(seconds=seconds))
        answer = await poll(raw, code)
        assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_codes_end_after_ten_minutes(house: House, raw: httpx.AsyncClient) -> None:
    given = await begin(raw)
    house.clock.advance(timedelta(minutes=10))
    assert (await poll(raw, given["device_code"])).json()["error"] == "expired_token"
    late = await (await colleague(house)).post("/device", {"user_code": given["user_code"]})
    assert (late.status_code, "too old" in late.text) == (422, True)


async def test_a_device_code_gives_tokens_once(house: House, raw: httpx.AsyncClient) -> None:
    given = await begin(raw)
    await decide(await colleague(house), given["user_code"])
    answers = await asyncio.gather(*(poll(raw, given["device_code"]) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
    token = next(answer.json()["access_token"] for answer in answers if answer.status_code == 200)
    bearer = {"Authorization": f"Bearer {token}"}
    assert (await raw.get("/oauth/userinfo", headers=bearer)).status_code == 401, "used twice: taken back"


async def test_a_user_code_is_decided_once(house: House, raw: httpx.AsyncClient) -> None:
    given = await begin(raw)
    browser = await colleague(house)
    found = await browser.post("/device", {"user_code": given["user_code"]})
    form = {"request": pending_of(found), "allow": "yes"}
    first, second = await asyncio.gather(
        browser.post("/device/decide", form), browser.post("/device/decide", form)
    )
    assert {first.status_code, second.status_code} == {200, 422}
    assert (await browser.post("/device", {"user_code": given["user_code"]})).status_code == 422
    assert len(await house.fetch("select 1 from grants where client_id = $1", CLI)) == 1


async def test_codes_are_kept_hashed_and_hard_to_guess(house: House, raw: httpx.AsyncClient) -> None:
    given = await begin(raw)
    assert re.fullmatch(f"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}", given["user_code"])
    assert len(ALPHABET) ** 8 >= 2**20
    assert len(given["device_code"]) >= 43
    await (await colleague(house)).post("/device", {"user_code": given["user_code"]})
    kept = str(await house.fetch("select * from device_requests")) + str(
        await house.fetch("select * from pending_requests")
    )
    for secret in (given["device_code"], given["user_code"], given["user_code"].replace("-", "")):
        assert secret not in kept


@pytest.mark.parametrize("shape", ["{0}{1}", "{0} {1}", " {0}-{1} ", "{0}.{1}"])
async def test_codes_are_read_however_they_are_typed(
    house: House, raw: httpx.AsyncClient, shape: str
) -> None:
    given = await begin(raw)
    typed = shape.format(*given["user_code"].lower().split("-"))
    assert (await (await colleague(house)).post("/device", {"user_code": typed})).status_code == 303


async def test_28_guessing_codes_is_limited(house: House) -> None:
    browser = house.browser("192.0.2.60")
    guesses = [browser.post("/device", {"user_code": "BCDFGHJK"}) for _ in range(USER_CODE_ADDRESS.count + 3)]
    answers = await asyncio.gather(*guesses)
    assert sorted(answer.status_code for answer in answers) == [422] * USER_CODE_ADDRESS.count + [429] * 3
    assert all(int(one.headers["retry-after"]) > 0 for one in answers if one.status_code == 429)


@pytest.mark.parametrize("typed", ["", "AEIO-UAEI", "BCDF", "<script>", "é" * 8, "x" * 5000])
async def test_what_is_no_code_is_said_so(house: House, typed: str) -> None:
    answer = await house.browser().post("/device", {"user_code": typed})
    assert answer.status_code == 422
    assert "<script>" not in answer.text.replace("<script src", "")


async def test_18_nobody_decides_from_another_page_or_without_signing_in(
    house: House, raw: httpx.AsyncClient
) -> None:
    given = await begin(raw)
    browser = await colleague(house)
    pending = pending_of(await browser.post("/device", {"user_code": given["user_code"]}))
    form = {"request": pending, "allow": "yes"}
    cross = {"Sec-Fetch-Site": "cross-site"}
    assert (await browser.post("/device/decide", form, headers=cross)).status_code == 403
    assert (await browser.post("/device", {"user_code": "x"}, headers=cross)).status_code == 403
    assert (await house.browser().post("/device/decide", form)).status_code == 422
    other = await colleague(house)
    assert (await other.post("/device/decide", form)).status_code == 422, "the code was not typed there"
    customer = await colleague(house, ANA, "customer")
    await customer.post("/device", {"user_code": given["user_code"]})
    assert (await customer.post("/device/decide", form)).status_code == 422, "another realm"
    assert (await poll(raw, given["device_code"])).json()["error"] == "authorization_pending"
    page = await browser.get(f"/device/decide?request={pending}")
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


async def test_signing_out_ends_what_the_device_got(house: House, raw: httpx.AsyncClient) -> None:
    given = await begin(raw)
    browser = await colleague(house)
    await decide(browser, given["user_code"])
    tokens = (await poll(raw, given["device_code"])).json()
    await browser.post("/sign-out", {"realm": "staff"})
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": CLI}
    assert (await raw.post("/oauth/token", data=refresh)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": "nobody"}, "invalid_client"),
        ({"client_id": "employee-community"}, "invalid_client"),
        ({"scope": "nothing"}, "invalid_scope"),
        ({"realm": "somewhere"}, "unauthorized_client"),
        ({"realm": "customer", "resource": EMPLOYEE}, "invalid_target"),
        ({"resource": "https://elsewhere.example"}, "invalid_target"),
    ],
)
async def test_a_device_that_asks_wrongly(
    raw: httpx.AsyncClient, changes: dict[str, str], error: str
) -> None:
    form = {"client_id": CLI, "scope": "openid", "realm": "staff", "resource": EMPLOYEE} | changes
    answer = await raw.post("/oauth/device_authorization", data=form)
    assert answer.status_code in (400, 401)
    assert answer.json()["error"] == error


async def test_only_clients_that_may_do_so(house: House, raw: httpx.AsyncClient) -> None:
    answer = await raw.post("/oauth/device_authorization", data={"scope": "openid"}, headers=EMPLOYEE_AUTH)
    assert answer.json()["error"] == "unauthorized_client"
    given = await begin(raw, realm="customer", resource=CUSTOMER)
    assert (await poll(raw, "unknown")).json()["error"] == "invalid_grant"
    await house.execute(
        "update clients set grant_types = grant_types || $1::text where id = 'employee-community'",
        GrantType.DEVICE.value,
    )
    form = {"grant_type": GrantType.DEVICE.value, "device_code": given["device_code"]}
    stolen = await raw.post("/oauth/token", data=form, headers=EMPLOYEE_AUTH)
    assert stolen.json()["error"] == "invalid_grant"
