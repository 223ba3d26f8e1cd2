"""Dynamic client registration (docs/security.md 15, 35; RFC 7591, RFC 7592)."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey

from identity_service.registration import service
from identity_service.visit import Caller
from tests.identity.driver import EMPLOYEE, ISSUER, House, authorize_url, basic, callback

ANA = "ana@outside.example"
EC_KEY = ECKey.generate_key("P-256").as_dict(private=False)
ASKED: dict[str, Any] = {
    "client_name": "Acme",
    "redirect_uris": ["https://acme.example/cb"],
    "grant_types": ["authorization_code", "refresh_token"],
    "scope": "openid profile community:read admin",
    "software_version": "an unknown name is ignored",
}


async def door(house: House, *, realms: list[str] | None = None, uses: int | None = None) -> str:
    caller = Caller(services=house.services, now=house.clock.now(), address="console")
    async with caller.begin() as visit:
        return await service.open_door(
            visit, note="test", realms=realms or ["customer"], uses=uses, life=timedelta(days=1)
        )


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def registered(house: House, raw: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await raw.post("/oauth/register", json=ASKED | changes, headers=bearer(await door(house)))
    assert answer.status_code == 201, answer.text
    assert "no-store" in answer.headers["cache-control"]
    return dict(answer.json())


async def test_35_registration_is_closed_without_an_initial_access_token(
    house: House, raw: httpx.AsyncClient
) -> None:
    spent = await door(house, uses=1)
    assert (await raw.post("/oauth/register", json=ASKED, headers=bearer(spent))).status_code == 201
    old = await door(house)
    house.clock.advance(timedelta(days=1))
    for headers in ({}, bearer("x" * 43), bearer(spent), bearer(old), basic("demo-crm", "d" * 43)):
        answer = await raw.post("/oauth/register", json=ASKED, headers=headers)
        assert (answer.status_code, answer.json()) == (401, {"error": "invalid_token"})
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_registered_client_signs_people_in_after_consent(
    house: House, raw: httpx.AsyncClient
) -> None:
    client = await registered(house, raw)
    assert client["registration_client_uri"] == f"{ISSUER}/oauth/register/{client['client_id']}"
    assert client["client_secret_expires_at"] == 0
    assert client["scope"] == "openid profile community:read", "what it may not have is left out"
    browser = house.browser()
    await browser.sign_in(ANA, realm="customer")
    url = authorize_url(
        client_id=client["client_id"], redirect_uri="https://acme.example/cb", scope=client["scope"]
    )
    asked = await browser.get(url)
    assert "Allow Acme?" in asked.text
    assert "code" in callback(await browser.agree(asked))


async def test_15_a_client_of_the_outside_cannot_reach_the_inside(
    house: House, raw: httpx.AsyncClient
) -> None:
    client = await registered(house, raw)
    browser = house.browser()
    for changes in ({"realm": "staff"}, {"resource": EMPLOYEE}):
        url = authorize_url(client_id=client["client_id"], redirect_uri="https://acme.example/cb", **changes)
        assert callback(await browser.get(url))["error"] in ("unauthorized_client", "invalid_target")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://acme.example/cb"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://acme.example/cb#x"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://user@acme.example/cb"]}, "invalid_redirect_uri"),
        ({"redirect_uris": "https://acme.example/cb"}, "invalid_redirect_uri"),
        ({"grant_types": ["client_credentials"]}, "invalid_client_metadata"),
        ({"grant_types": ["implicit"]}, "invalid_client_metadata"),
        ({"response_types": ["token"]}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "client_secret_jwt"}, "invalid_client_metadata"),
        ({"id_token_signed_response_alg": "none"}, "invalid_client_metadata"),
        ({"logo_uri": "http://169.254.169.254/latest"}, "invalid_client_metadata"),
        ({"jwks": {"keys": [{"kty": "oct", "k": "eA", "kid": "1"}]}}, "invalid_client_metadata"),
        ({"software_statement": "eyJ"}, "unapproved_software_statement"),
        ({"client_name": ""}, "invalid_client_metadata"),
        ({"client_name": "x" * 101}, "invalid_client_metadata"),
        ({"client_name": "\0"}, "invalid_client_metadata"),
        ({"contacts": ["a\0@acme.example"]}, "invalid_client_metadata"),
        ({"jwks": {"keys": [EC_KEY | {"kid": "a\0"}]}}, "invalid_client_metadata"),
    ],
)
async def test_what_does_not_fit_is_refused_by_its_code(
    house: House, raw: httpx.AsyncClient, changes: dict[str, Any], error: str
) -> None:
    answer = await raw.post("/oauth/register", json=ASKED | changes, headers=bearer(await door(house)))
    assert (answer.status_code, answer.json()["error"]) == (400, error), answer.text


@pytest.mark.parametrize("body", [b"", b"[", b"[]", b'"x"', b"\xff", b'{"redirect_uris": [1]}'])
async def test_a_body_that_is_no_registration_is_a_400(
    house: House, raw: httpx.AsyncClient, body: bytes
) -> None:
    answer = await raw.post("/oauth/register", content=body, headers=bearer(await door(house)))
    assert answer.status_code == 400


async def test_a_refused_registration_spends_nothing(house: House, raw: httpx.AsyncClient) -> None:
    token = await door(house, uses=1)
    bad = await raw.post("/oauth/register", json=ASKED | {"redirect_uris": []}, headers=bearer(token))
    good = await raw.post("/oauth/register", json=ASKED, headers=bearer(token))
    assert (bad.status_code, good.status_code) == (400, 201)


async def test_a_client_reads_changes_and_removes_its_own_registration(
    house: House, raw: httpx.AsyncClient
) -> None:
    client = await registered(house, raw)
    where, token = f"/oauth/register/{client['client_id']}", client["registration_access_token"]
    read = (await raw.get(where, headers=bearer(token))).json()
    assert read["client_name"] == "Acme"
    assert "client_secret" not in read

    changed = ASKED | {"client_id": client["client_id"], "client_name": "Acme two"}
    answer = await raw.put(where, json=changed, headers=bearer(token))
    assert (answer.status_code, answer.json()["client_name"]) == (200, "Acme two")
    assert (await raw.get(where, headers=bearer(token))).status_code == 401, "the token is new each time"

    fresh = bearer(answer.json()["registration_access_token"])
    assert (await raw.delete(where, headers=fresh)).status_code == 204
    assert (await raw.get(where, headers=fresh)).status_code == 401
    assert await house.fetch("select 1 from clients where id = $1", client["client_id"]) == []


async def test_a_client_cannot_touch_another_registration(house: House, raw: httpx.AsyncClient) -> None:
    mine, theirs = await registered(house, raw), await registered(house, raw)
    token = bearer(mine["registration_access_token"])
    for client_id in (theirs["client_id"], "employee-community", "nobody"):
        for method in ("GET", "PUT", "DELETE"):
            answer = await raw.request(method, f"/oauth/register/{client_id}", json=ASKED, headers=token)
            assert answer.status_code == 401
    assert await house.fetch("select 1 from clients where id = 'employee-community'")


async def test_a_client_cannot_choose_its_secret_or_id(house: House, raw: httpx.AsyncClient) -> None:
    client = await registered(house, raw, client_id="employee-community", client_secret="s" * 43)
    assert client["client_id"].startswith("c_")
    assert client["client_secret"] != "s" * 43
    where, token = f"/oauth/register/{client['client_id']}", bearer(client["registration_access_token"])
    for changes in ({"client_id": "other"}, {"client_id": client["client_id"], "client_secret": "s" * 43}):
        answer = await raw.put(where, json=ASKED | changes, headers=token)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


async def test_a_public_client_has_no_secret(house: House, raw: httpx.AsyncClient) -> None:
    client = await registered(
        house, raw, token_endpoint_auth_method="none", redirect_uris=["com.acme.app:/cb"]
    )
    assert "client_secret" not in client
