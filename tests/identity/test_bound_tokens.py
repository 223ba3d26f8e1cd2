"""DPoP as a client's setting, and as what any client may do (RFC 9449); pushed requests of any client."""

import asyncio
from typing import Any

import httpx
import pytest

from shared.oidc import InvalidToken, RelyingParty
from shared.oidc.dpop import Presented
from tests.fixtures.dpop import KeyHolder
from tests.identity.driver import (
    BRIDGE,
    CRM_AUTH,
    EMPLOYEE,
    EMPLOYEE_AUTH,
    ISSUER,
    RFC7636_VERIFIER,
    SCOPE,
    Browser,
    House,
    authorize_url,
    callback,
    payload,
)

MAJA = "maja@inside.example"
TOKEN_URL = f"{ISSUER}/oauth/token"
CLI_CALLBACK = "http://127.0.0.1:9999/callback"


@pytest.fixture
def holder() -> KeyHolder:
    return KeyHolder()


@pytest.fixture
async def maja(house: House) -> Browser:
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    return browser


async def cli_code(maja: Browser, **changes: Any) -> str:
    """A code for the public client of the command line."""
    values = {
        "client_id": "narrowbridge-cli",
        "redirect_uri": CLI_CALLBACK,
        "realm": "staff",
        "resource": EMPLOYEE,
        **changes,
    }
    return callback(await maja.agree(await maja.get(authorize_url(**values))))["code"]


async def ask(
    raw: httpx.AsyncClient, form: dict[str, str], proof: str | None = None, auth: dict[str, str] | None = None
) -> httpx.Response:
    headers = dict(auth or {}) | ({"DPoP": proof} if proof else {})
    return await raw.post("/oauth/token", data=form, headers=headers)


def code_form(code: str) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "client_id": "narrowbridge-cli",
        "redirect_uri": CLI_CALLBACK,
        "code": code,
        "code_verifier": RFC7636_VERIFIER,
    }


def refresh_form(token: str) -> dict[str, str]:
    return {"grant_type": "refresh_token", "client_id": "narrowbridge-cli", "refresh_token": token}


def machine_form(**changes: str) -> dict[str, str]:
    return {"grant_type": "client_credentials", "resource": BRIDGE} | changes


async def test_whoever_proves_a_key_gets_a_token_bound_to_it(
    house: House, raw: httpx.AsyncClient, holder: KeyHolder
) -> None:
    answer = await ask(raw, machine_form(), holder.proof("POST", TOKEN_URL, at=house.now()), CRM_AUTH)
    assert answer.json()["token_type"] == "DPoP"
    token = answer.json()["access_token"]
    assert payload(token)["cnf"] == {"jkt": holder.jkt}
    with pytest.raises(InvalidToken, match="bound"):
        await house.verifier(BRIDGE).verify(token)
    shown = Presented("GET", "/x", (holder.proof("GET", f"{BRIDGE}/x", token=token, at=house.now()),))
    assert (await house.verifier(BRIDGE).verify_bound(token, shown)).client_id == "demo-crm"


async def test_without_a_proof_it_is_a_bearer_token_unless_the_client_has_to_prove_one(
    house: House, raw: httpx.AsyncClient
) -> None:
    plain = await ask(raw, machine_form(), None, CRM_AUTH)
    assert plain.json()["token_type"] == "Bearer"
    assert "cnf" not in payload(plain.json()["access_token"])
    await house.execute("update clients set dpop_bound_access_tokens = true where id = 'demo-crm'")
    assert (await ask(raw, machine_form(), None, CRM_AUTH)).json()["error"] == "invalid_dpop_proof"


async def test_a_bad_proof_gives_no_bearer_token_instead(
    house: House, raw: httpx.AsyncClient, holder: KeyHolder
) -> None:
    wrong = holder.proof("POST", f"{ISSUER}/oauth/other", at=house.now())
    assert (await ask(raw, machine_form(), wrong, CRM_AUTH)).json()["error"] == "invalid_dpop_proof"


async def test_a_proof_is_good_once_also_at_the_same_moment(
    house: House, raw: httpx.AsyncClient, holder: KeyHolder
) -> None:
    proof = holder.proof("POST", TOKEN_URL, at=house.now())
    answers = await asyncio.gather(*(ask(raw, machine_form(), proof, CRM_AUTH) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]


async def test_a_public_clients_refresh_token_needs_the_key_ever_after(
    house: House, raw: httpx.AsyncClient, maja: Browser, holder: KeyHolder
) -> None:
    def proof() -> str:
        return holder.proof("POST", TOKEN_URL, at=house.now())

    given = (await ask(raw, code_form(await cli_code(maja)), proof())).json()
    first = given["refresh_token"]
    assert (await ask(raw, refresh_form(first))).json()["error"] == "invalid_dpop_proof"
    other = KeyHolder().proof("POST", TOKEN_URL, at=house.now())
    assert (await ask(raw, refresh_form(first), other)).json()["error"] == "invalid_grant"
    again = (await ask(raw, refresh_form(first), proof())).json()
    assert again["token_type"] == "DPoP"
    assert (await ask(raw, refresh_form(again["refresh_token"]), proof())).status_code == 200


async def test_a_code_asked_for_with_a_key_is_given_to_that_key_alone(
    house: House, raw: httpx.AsyncClient, maja: Browser, holder: KeyHolder
) -> None:
    form = code_form(await cli_code(maja, dpop_jkt=holder.jkt))
    assert (await ask(raw, form)).json()["error"] == "invalid_dpop_proof"
    other = KeyHolder().proof("POST", TOKEN_URL, at=house.now())
    assert (await ask(raw, form, other)).json()["error"] == "invalid_grant"
    proof = holder.proof("POST", TOKEN_URL, at=house.now())
    assert (await ask(raw, form, proof)).json()["token_type"] == "DPoP"


async def test_a_key_is_named_by_its_thumbprint(maja: Browser) -> None:
    answer = callback(await maja.get(authorize_url(dpop_jkt="no thumbprint")))
    assert answer["error"] == "invalid_request"


async def test_user_info_wants_the_proof_of_a_bound_token(
    house: House, raw: httpx.AsyncClient, maja: Browser, holder: KeyHolder
) -> None:
    proof = holder.proof("POST", TOKEN_URL, at=house.now())
    token = (await ask(raw, code_form(await cli_code(maja)), proof)).json()["access_token"]
    url = f"{ISSUER}/oauth/userinfo"
    bearer = await raw.get(url, headers={"Authorization": f"Bearer {token}"})
    assert bearer.status_code == 401
    assert bearer.headers["www-authenticate"].startswith("DPoP ")
    shown = {
        "Authorization": f"DPoP {token}",
        "DPoP": holder.proof("GET", url, token=token, at=house.now()),
    }
    assert (await raw.get(url, headers=shown)).status_code == 200
    replayed = await raw.get(url, headers=shown)
    assert replayed.headers["www-authenticate"].startswith('DPoP error="invalid_dpop_proof"')


async def test_introspection_says_to_which_key_a_token_is_bound(
    house: House, raw: httpx.AsyncClient, holder: KeyHolder
) -> None:
    proof = holder.proof("POST", TOKEN_URL, at=house.now())
    token = (await ask(raw, machine_form(), proof, CRM_AUTH)).json()["access_token"]
    told = (await raw.post("/oauth/introspect", data={"token": token}, headers=CRM_AUTH)).json()
    assert (told["token_type"], told["cnf"]) == ("DPoP", {"jkt": holder.jkt})


async def test_any_client_may_push_its_request(
    house: House, employee: RelyingParty, raw: httpx.AsyncClient, maja: Browser
) -> None:
    request = await employee.begin(scope=SCOPE, resource=EMPLOYEE)
    pushed = await raw.post(
        "/oauth/par",
        content=request.url.partition("?")[2].encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded", **EMPLOYEE_AUTH},
    )
    assert pushed.status_code == 201
    assert pushed.json()["expires_in"] == 60
    reference = {"client_id": "employee-community", "request_uri": pushed.json()["request_uri"]}
    answer = callback(await maja.get("/oauth/authorize", params=reference))
    tokens = await employee.complete(answer, request)
    assert "openid" in tokens.scope


async def test_a_client_that_has_to_push_cannot_go_around(house: House, maja: Browser) -> None:
    await house.execute(
        "update clients set require_pushed_authorization_requests = true where id = 'employee-community'"
    )
    assert callback(await maja.get(authorize_url()))["error"] == "invalid_request"


async def test_what_lies_in_the_database_opens_nothing(house: House, raw: httpx.AsyncClient) -> None:
    form = {
        "response_type": "code",
        "client_id": "narrowbridge-cli",
        "redirect_uri": CLI_CALLBACK,
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }
    pushed = (await raw.post("/oauth/par", data=form)).json()["request_uri"]
    rows = await house.fetch("select request_hash, parameters from pushed_requests")
    assert rows[0]["request_hash"] not in pushed
    assert "client_secret" not in str(rows[0]["parameters"])


async def test_an_unknown_reference_of_another_kind_is_not_supported(maja: Browser) -> None:
    answer = callback(await maja.get(authorize_url(request_uri="https://client.example/request")))
    assert answer["error"] == "request_uri_not_supported"
