"""Addresses and names that no database holds are answered as what is not there, never by a 500."""

import base64
import json

import httpx
import pytest

from identity_service.limits.service import AUTHORIZE_ADDRESS, PASSKEY_ADDRESS
from tests.identity.driver import OWN_FORM, RFC7636_VERIFIER, House


def unsigned(claims: dict[str, str]) -> str:
    parts = ({"alg": "ES256", "kid": "x"}, claims)
    packed = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*packed, "AAAA"])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/pictures/8a1e7f0c-0000-4000-8000-000000000000?size=99999999999", 404),
        ("/pictures/8a1e7f0c-0000-4000-8000-000000000000?size=1", 404),
        ("/sign-in/upstream/%00", 404),
        ("/sign-in/upstream/nobody", 404),
        ("/oauth/register/%00", 404),
    ],
)
async def test_odd_addresses_are_not_there(
    house: House, raw: httpx.AsyncClient, path: str, status: int
) -> None:
    answer = await raw.get(path, headers={"Authorization": "Bearer x"})
    assert answer.status_code == status


@pytest.mark.parametrize("sub", ["\ud800", "\0", "", "\u00e4"])
async def test_an_assertion_of_an_odd_client_is_refused(
    house: House, raw: httpx.AsyncClient, sub: str
) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": unsigned({"sub": sub}),
    }
    answer = await raw.post("/oauth/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_28_passkeys_are_tried_only_so_often_from_an_address(
    house: House, raw: httpx.AsyncClient
) -> None:
    answers = [
        (await raw.post("/sign-in/passkey", data={"realm": "customer"}, headers=OWN_FORM)).status_code
        for _ in range(PASSKEY_ADDRESS.count + 1)
    ]
    assert answers[-1] == 429
    assert 429 not in answers[:-1]


@pytest.mark.parametrize("trick", [{"state": "client_secret"}, {"client_secret": "x"}])
async def test_pushed_requests_of_public_clients_are_counted_whatever_they_say(
    house: House, raw: httpx.AsyncClient, trick: dict[str, str]
) -> None:
    await house.services.limiter.take(AUTHORIZE_ADDRESS.key("192.0.2.1"))
    await house.execute("update limit_counters set count = $1", AUTHORIZE_ADDRESS.count)
    form = {
        "client_id": "narrowbridge-cli",
        "response_type": "code",
        "redirect_uri": "http://127.0.0.1:5000/callback",
        "code_challenge": RFC7636_VERIFIER,
        "code_challenge_method": "S256",
    }
    answer = await raw.post("/oauth/par", data=form | trick)
    assert answer.status_code == 429
