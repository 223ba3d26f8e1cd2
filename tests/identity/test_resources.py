"""Resource indicators (RFC 8707): one audience for each token, and never one that was not granted."""

from typing import Any

import httpx
import pytest

from tests.identity.driver import (
    BRIDGE,
    CUSTOMER,
    EMPLOYEE,
    RFC7636_VERIFIER,
    House,
    authorize_url,
    callback,
    payload,
)

CLI = "narrowbridge-cli"
CLI_CALLBACK = "http://127.0.0.1:9999/callback"
MAJA = "maja@inside.example"
BOTH = [EMPLOYEE, CUSTOMER]


def request(**changes: Any) -> dict[str, Any]:
    return {"client_id": CLI, "redirect_uri": CLI_CALLBACK, "realm": "staff", **changes}


async def grant(house: House, raw: httpx.AsyncClient, url: str, **extra: Any) -> httpx.Response:
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    code = callback(await browser.agree(await browser.get(url)))["code"]
    form = {
        "grant_type": "authorization_code",
        "client_id": CLI,
        "redirect_uri": CLI_CALLBACK,
        "code": code,
        "code_verifier": RFC7636_VERIFIER,
        **extra,
    }
    return await raw.post("/oauth/token", data=form)


async def refresh(raw: httpx.AsyncClient, token: str, **extra: Any) -> httpx.Response:
    form = {"grant_type": "refresh_token", "client_id": CLI, "refresh_token": token, **extra}
    return await raw.post("/oauth/token", data=form)


def audience(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return str(payload(answer.json()["access_token"])["aud"])


async def test_several_are_granted_and_each_token_has_one(house: House, raw: httpx.AsyncClient) -> None:
    first = await grant(house, raw, authorize_url(**request(resource=BOTH)))
    assert audience(first) == EMPLOYEE, "the first one asked for is the default"
    second = await refresh(raw, first.json()["refresh_token"], resource=CUSTOMER)
    assert audience(second) == CUSTOMER
    third = await refresh(raw, second.json()["refresh_token"])
    assert audience(third) == EMPLOYEE


async def test_the_token_request_chooses_among_those_granted(house: House, raw: httpx.AsyncClient) -> None:
    url = authorize_url(**request(resource=BOTH))
    assert audience(await grant(house, raw, url, resource=CUSTOMER)) == CUSTOMER
    for wrong in (BRIDGE, BOTH, "https://elsewhere.example"):
        refused = await grant(house, raw, url, resource=wrong)
        assert refused.json()["error"] == "invalid_target"


async def test_refresh_never_widens_what_was_granted(house: House, raw: httpx.AsyncClient) -> None:
    first = await grant(house, raw, authorize_url(**request(resource=EMPLOYEE)))
    token = first.json()["refresh_token"]
    for wrong in (CUSTOMER, BRIDGE, BOTH):
        assert (await refresh(raw, token, resource=wrong)).json()["error"] == "invalid_target"
    assert audience(await refresh(raw, token, resource=EMPLOYEE)) == EMPLOYEE


@pytest.mark.parametrize("wrong", [BRIDGE, "https://elsewhere.example", [EMPLOYEE, BRIDGE]])
async def test_what_the_client_may_not_ask_for_is_refused_where_it_is_asked(
    house: House, raw: httpx.AsyncClient, wrong: Any
) -> None:
    browser = house.browser()
    answer = callback(await browser.get(authorize_url(**request(resource=wrong))))
    assert answer["error"] == "invalid_target"
    form = request(resource=wrong) | {
        "response_type": "code",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }
    assert (await raw.post("/oauth/par", data=form)).json()["error"] == "invalid_target"
    device = {"client_id": CLI, "scope": "openid", "realm": "staff", "resource": wrong}
    assert (await raw.post("/oauth/device_authorization", data=device)).json()["error"] == "invalid_target"


async def test_a_pushed_request_grants_what_was_pushed_and_not_what_the_browser_says(
    house: House, raw: httpx.AsyncClient
) -> None:
    form = request(resource=[CUSTOMER]) | {
        "response_type": "code",
        "scope": "openid community:read",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }
    pushed = (await raw.post("/oauth/par", data=form)).json()["request_uri"]
    brought = {"client_id": CLI, "request_uri": pushed, "resource": EMPLOYEE}
    url = str(httpx.URL("/oauth/authorize", params=brought))
    given = await grant(house, raw, url)
    assert audience(given) == CUSTOMER
    refused = await refresh(raw, given.json()["refresh_token"], resource=EMPLOYEE)
    assert refused.json()["error"] == "invalid_target"
