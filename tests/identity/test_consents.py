"""What people agreed to, remembered and taken back (docs/security.md 17, 23; RFC 8252 section 8.6)."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from identity_service.clients.service import PEOPLE, Registration, register
from identity_service.consents import service as consents
from identity_service.consents.errors import NoSuchConsent
from identity_service.sealing import hashed
from identity_service.visit import Caller
from shared.oidc.names import GrantType
from tests.identity.driver import (
    CUSTOMER,
    EMPLOYEE,
    EMPLOYEE_AUTH,
    RFC7636_VERIFIER,
    Browser,
    House,
    authorize_url,
    basic,
    callback,
)

ANA, MAJA = "ana@outside.example", "maja@inside.example"
BACK = "https://acme.example/cb"
SECRET = "a" * 43


async def add_acme(house: House, **changes: Any) -> None:
    values = {
        "id": "acme",
        "name": "Acme",
        "secret_hash": hashed(SECRET),
        "source": "admin",
        "is_first_party": False,
        "grant_types": [GrantType.CODE, GrantType.REFRESH],
        "scopes": PEOPLE,
        "audiences": [CUSTOMER, EMPLOYEE],
        "realms": ["customer", "staff"],
        "redirect_uris": [BACK],
        **changes,
    }
    async with house.services.database.transaction() as session:
        await register(session, Registration(**values), house.clock.now())


def acme_url(**changes: Any) -> str:
    return authorize_url(**{"client_id": "acme", "redirect_uri": BACK, "scope": "openid profile"} | changes)


async def signed_in(house: House, email: str = ANA, realm: str = "customer") -> Browser:
    browser = house.browser()
    await browser.sign_in(email, realm=realm)
    return browser


def visitor(house: House) -> Caller:
    return Caller(services=house.services, now=house.clock.now(), address="192.0.2.9")


def asks(answer: httpx.Response) -> bool:
    return answer.status_code == 200 and "Allow Acme?" in answer.text


async def test_consent_once_given_is_remembered(house: House) -> None:
    await add_acme(house)
    browser = await signed_in(house)
    asked = await browser.get(acme_url())
    assert asks(asked)
    assert "code" in callback(await browser.agree(asked))

    assert "code" in callback(await browser.get(acme_url()))
    assert "code" in callback(await browser.get(acme_url(prompt="none")))
    assert "code" in callback(await browser.get(acme_url(scope="openid"))), "less was agreed to as well"
    assert "code" in callback(await (await signed_in(house)).get(acme_url())), "in another browser too"


@pytest.mark.parametrize(
    "more",
    [
        {"scope": "openid profile email"},
        {"resource": EMPLOYEE, "realm": "staff"},
        {"resource": [CUSTOMER, EMPLOYEE], "realm": "staff"},
        {"prompt": "consent"},
    ],
)
async def test_more_is_asked_for_again(house: House, more: dict[str, Any]) -> None:
    await add_acme(house)
    browser = await signed_in(house, MAJA, "staff")
    first = acme_url(resource=CUSTOMER, realm="staff")
    assert "code" in callback(await browser.agree(await browser.get(first)))
    assert "code" in callback(await browser.get(first))

    wider = acme_url(**{"resource": CUSTOMER, "realm": "staff"} | more)
    assert asks(await browser.get(wider))
    if "prompt" not in more:
        assert callback(await browser.get(wider + "&prompt=none"))["error"] == "consent_required"
    assert "code" in callback(await browser.agree(await browser.get(wider)))
    assert "code" in callback(await browser.get(first)), "what was agreed to before stays"


async def test_agreeing_to_read_here_and_write_there_is_not_agreeing_to_write_here(house: House) -> None:
    await add_acme(house)
    browser = await signed_in(house, MAJA, "staff")
    for scope, audience in (("community:read", CUSTOMER), ("community:write", EMPLOYEE)):
        url = acme_url(scope=scope, resource=audience, realm="staff")
        assert "code" in callback(await browser.agree(await browser.get(url)))
    assert asks(await browser.get(acme_url(scope="community:write", resource=CUSTOMER, realm="staff")))


async def test_prompt_consent_asks_for_our_own_clients_too(house: House) -> None:
    browser = await signed_in(house, MAJA, "staff")
    assert "code" in callback(await browser.get(authorize_url()))
    asked = await browser.get(authorize_url(prompt="consent"))
    assert "Allow Employee community?" in asked.text
    assert "not made by the people" not in asked.text
    assert "code" in callback(await browser.agree(asked))


async def test_somebody_elses_consent_is_not_mine(house: House) -> None:
    await add_acme(house)
    browser = await signed_in(house)
    await browser.agree(await browser.get(acme_url()))
    assert asks(await (await signed_in(house, "priya@outside.example")).get(acme_url()))


async def test_what_was_denied_is_not_remembered(house: House) -> None:
    await add_acme(house)
    browser = await signed_in(house)
    asked = await browser.get(acme_url())
    pending = asked.text.split('name="request" value="')[1].split('"')[0]
    denied = callback(await browser.post("/oauth/consent", {"request": pending}))
    assert denied["error"] == "access_denied"
    assert asks(await browser.get(acme_url()))
    assert await house.fetch("select * from consents") == []


@pytest.mark.parametrize(
    ("registered", "used", "is_remembered"),
    [
        (BACK, BACK, True),
        ("http://127.0.0.1/cb", "http://127.0.0.1:5000/cb", False),
        ("http://localhost/cb", "http://localhost:5000/cb", False),
        ("http://[::1]/cb", "http://[::1]:5000/cb", False),
        ("com.example.app:/cb", "com.example.app:/cb", False),
        ("https://localhost/cb", "https://localhost/cb", False),
    ],
)
@pytest.mark.parametrize("is_first_party", [True, False])
async def test_a_public_client_is_remembered_at_a_claimed_https_address_alone(
    house: House, registered: str, used: str, is_remembered: bool, is_first_party: bool
) -> None:
    await add_acme(
        house,
        redirect_uris=[registered],
        secret_hash=None,
        token_endpoint_auth_method="none",
        is_first_party=is_first_party,
    )
    browser = await signed_in(house)
    first = await browser.agree(await browser.get(acme_url(redirect_uri=used)))
    assert "code=" in first.headers["location"]
    again = await browser.get(acme_url(redirect_uri=used))
    assert asks(again) is not is_remembered
    assert bool(await house.fetch("select * from consents")) is is_remembered
    [told] = await house.fetch("select details from audit_rows where event = 'consent.given'")
    assert told["details"]["remembered"] is is_remembered


async def test_23_consents_are_listed_and_taken_back_with_their_grants(
    house: House, raw: httpx.AsyncClient
) -> None:
    await add_acme(house)
    browser, ana = await signed_in(house), UUID(house.subs[ANA])
    code = callback(await browser.agree(await browser.get(acme_url())))["code"]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": RFC7636_VERIFIER,
    }
    given = (await raw.post("/oauth/token", data=form, headers=basic("acme", SECRET))).json()
    listed = await consents.list_for(visitor(house), ana)
    assert [(one.client_id, one.client_name, one.audience) for one in listed] == [("acme", "Acme", CUSTOMER)]
    assert listed[0].scopes == ("openid", "profile")

    async with visitor(house).begin() as visit:
        await consents.revoke(visit, ana, "acme")
    assert await consents.list_for(visitor(house), ana) == []
    bearer = {"Authorization": f"Bearer {given['access_token']}"}
    assert (await raw.get("/oauth/userinfo", headers=bearer)).status_code == 401
    refresh = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
    refused = await raw.post("/oauth/token", data=refresh, headers=basic("acme", SECRET))
    assert refused.json()["error"] == "invalid_grant"
    assert asks(await browser.get(acme_url()))
    events = await house.fetch("select event from audit_rows where event like 'consent.%' order by id")
    assert [row["event"] for row in events] == ["consent.given", "consent.revoked"]

    with pytest.raises(NoSuchConsent):
        async with visitor(house).begin() as visit:
            await consents.revoke(visit, ana, "acme")


async def test_a_client_without_audiences_learns_who_somebody_is_and_nothing_else(
    house: House, raw: httpx.AsyncClient
) -> None:
    await add_acme(house, audiences=[], scopes=["openid", "profile"])
    browser = await signed_in(house)
    code = callback(await browser.agree(await browser.get(acme_url())))["code"]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": RFC7636_VERIFIER,
    }
    given = (await raw.post("/oauth/token", data=form, headers=basic("acme", SECRET))).json()
    bearer = {"Authorization": f"Bearer {given['access_token']}"}
    assert (await raw.get("/oauth/userinfo", headers=bearer)).json()["name"] == "Ana"
    assert callback(await browser.get(acme_url(resource=CUSTOMER)))["error"] == "invalid_target"
    assert (await raw.post("/oauth/token", data=form, headers=EMPLOYEE_AUTH)).status_code == 400


async def test_only_pages_of_https_are_linked(house: House) -> None:
    await add_acme(house, client_uri="https://acme.example/about", policy_uri="javascript:alert(1)")
    asked = await (await signed_in(house)).get(acme_url())
    assert 'href="https://acme.example/about"' in asked.text
    assert "javascript" not in asked.text
