"""The authorization endpoint (docs/security.md 1 to 4, 11, 17, 19, 20; OpenID Connect Core 3.1.2)."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from identity_service.clients.service import PEOPLE, Registration, register
from identity_service.limits.service import AUTHORIZE_ADDRESS
from identity_service.sealing import hashed
from shared.oidc import RelyingParty
from shared.oidc.names import GrantType
from tests.identity.driver import (
    BRIDGE,
    CUSTOMER,
    EMPLOYEE,
    ISSUER,
    Browser,
    House,
    authorize_url,
    callback,
    payload,
    pending_of,
    signed_in,
)

MAJA, ANA = "maja@inside.example", "ana@outside.example"
CALLBACK = f"{EMPLOYEE}/sign-in/callback"


async def signed_in_browser(house: House, email: str = MAJA, realm: str = "staff") -> Browser:
    browser = house.browser()
    assert (await browser.sign_in(email, realm=realm)).status_code == 303
    return browser


@pytest.mark.parametrize(
    "redirect_uri",
    [
        f"{CALLBACK}/",
        f"{CALLBACK}?x=1",
        f"{CALLBACK}#x",
        f"{EMPLOYEE}/sign-in/callback/../other",
        "http://localhost:8001/sign-in/Callback",
        "http://localhost:9999/sign-in/callback",
        "http://localhost.evil.example:8001/sign-in/callback",
        "https://localhost:8001/sign-in/callback",
        "http://user@localhost:8001/sign-in/callback",
        "javascript:alert(1)",
        '"><script>alert(1)</script>',
        "http://[",
        "//evil.example",
        None,
    ],
)
async def test_1_redirect_uri_is_matched_exactly(house: House, redirect_uri: str | None) -> None:
    browser = await signed_in_browser(house)
    answer = await browser.get(authorize_url(redirect_uri=redirect_uri))

    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "evil" not in answer.text
    assert "script>alert" not in answer.text


@pytest.mark.parametrize(
    ("redirect_uri", "is_taken"),
    [
        ("http://127.0.0.1:51234/callback", True),
        ("http://[::1]:1/callback", True),
        ("http://localhost:65535/callback", True),
        ("http://127.0.0.1:51234/callback/", False),
        ("http://127.0.0.1:51234/callback?x", False),
        ("https://127.0.0.1:51234/callback", False),
        ("http://127.0.0.1.evil.example:51234/callback", False),
        ("http://evil.example@127.0.0.1:51234/callback", False),
        ("http://127.0.0.1:99999/callback", False),
        ("http://127.0.0.1:0/callback", False),
        ("http://127.0.0.1:\u0661/callback", False),
        ("http://127.0.0.1:5000/call\tback", False),
        ("http://127.0.0.1:5000/callback\r\n", False),
        ("http://127.0.0.1:50\n00/callback", False),
        ("http://LOCALHOST:5000/callback", False),
        ("HTTP://127.0.0.1:5000/callback", False),
    ],
)
async def test_1_only_the_port_of_a_loopback_address_may_vary(
    house: House, redirect_uri: str, is_taken: bool
) -> None:
    browser = await signed_in_browser(house)
    answer = await browser.get(
        authorize_url(
            client_id="narrowbridge-cli", redirect_uri=redirect_uri, realm="staff", resource=EMPLOYEE
        )
    )
    assert answer.status_code == (200 if is_taken else 400)
    if is_taken:
        agreed = await browser.agree(answer)
        assert agreed.headers["location"].startswith(redirect_uri + "?")


async def test_a_public_client_never_gets_a_code_in_silence(house: House) -> None:
    """RFC 8252 section 8.6: another program on the same machine may pass for it."""
    browser = await signed_in_browser(house)
    url = authorize_url(
        client_id="narrowbridge-cli",
        redirect_uri="http://127.0.0.1:5000/callback",
        realm="staff",
        resource=EMPLOYEE,
    )
    for _ in range(2):
        assert callback(await browser.get(url + "&prompt=none"))["error"] == "consent_required"
        asked = await browser.get(url)
        assert (asked.status_code, "Allow Narrowbridge command line?" in asked.text) == (200, True)
        assert "code" in callback(await browser.agree(asked))


async def test_2_redirects_are_303(house: House) -> None:
    browser = house.browser()
    first = await browser.get(authorize_url())
    second = await browser.sign_in(MAJA, realm="staff", pending=pending_of(first))
    assert (first.status_code, second.status_code) == (303, 303)
    assert second.headers["location"].startswith(CALLBACK)


@pytest.mark.parametrize("response_type", ["token", "id_token", "code id_token", "code token", 'é"', None])
async def test_3_only_the_code_is_given_at_this_endpoint(house: House, response_type: str | None) -> None:
    browser = await signed_in_browser(house)
    answer = callback(await browser.get(authorize_url(response_type=response_type)))
    assert answer["error"] == "unsupported_response_type"
    assert answer["state"] == "a-state"


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": "short"},
        {"code_challenge": "é" * 43},
        {"code_challenge_method": "s256"},
    ],
)
async def test_4_pkce_is_s256_or_nothing(house: House, changes: dict[str, Any]) -> None:
    browser = await signed_in_browser(house)
    answer = callback(await browser.get(authorize_url(**changes)))
    assert answer["error"] == "invalid_request"
    assert "code" not in answer


async def test_11_iss_is_in_every_answer(house: House) -> None:
    browser = await signed_in_browser(house)
    good = callback(await browser.get(authorize_url()))
    bad = callback(await browser.get(authorize_url(scope="nothing")))
    none = callback(await house.browser().get(authorize_url(prompt="none")))

    assert good["iss"] == bad["iss"] == none["iss"] == ISSUER
    assert (good["state"], bad["state"], none["state"]) == ("a-state",) * 3
    assert (bad["error"], none["error"]) == ("invalid_scope", "login_required")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"realm": "customer"}, "unauthorized_client"),
        ({"realm": "somewhere"}, "unauthorized_client"),
        ({"resource": CUSTOMER}, "invalid_target"),
        ({"resource": BRIDGE}, "invalid_target"),
        ({"resource": "http://elsewhere.example"}, "invalid_target"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
        ({"request_uri": "https://evil.example/r"}, "request_uri_not_supported"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "dance"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"id_token_hint": "x.y.z"}, "invalid_request"),
    ],
)
async def test_a_request_that_does_not_fit_is_told_to_the_client(
    house: House, changes: dict[str, Any], error: str
) -> None:
    browser = await signed_in_browser(house)
    assert callback(await browser.get(authorize_url(**changes)))["error"] == error


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "state", "scope", "code_challenge"])
async def test_a_parameter_that_comes_twice_is_refused(house: House, name: str) -> None:
    browser = await signed_in_browser(house)
    url = authorize_url()
    values = parse_qs(urlsplit(url).query)
    answer = await browser.get(authorize_url(**{name: [values[name][0], values[name][0]]}))
    assert answer.status_code == 400


async def test_an_unknown_client_gets_a_page(house: House) -> None:
    answer = await house.browser().get(authorize_url(client_id="<b>nobody</b>"))
    assert answer.status_code == 400
    assert "<b>nobody" not in answer.text
    assert "is not known" in answer.text


async def test_unknown_parameters_and_scopes_are_ignored(house: House) -> None:
    browser = await signed_in_browser(house)
    url = authorize_url(scope="phone openid address", ui_locales="se", claims_locales="se", extra="foobar")
    assert "code" in callback(await browser.get(url))


async def test_the_request_may_be_posted_by_the_client(house: House) -> None:
    browser = await signed_in_browser(house)
    form = {name: values[0] for name, values in parse_qs(urlsplit(authorize_url()).query).items()}
    answer = await browser.post("/oauth/authorize", form, headers={"Origin": EMPLOYEE})
    assert "code" in callback(answer)


async def test_a_client_cannot_get_a_token_of_the_other_realm(house: House) -> None:
    """A customer can in no way get a token that the employee community accepts."""
    browser = await signed_in_browser(house, ANA, "customer")
    for changes in (
        {"realm": "customer"},
        {
            "client_id": "customer-community",
            "redirect_uri": f"{CUSTOMER}/sign-in/callback",
            "resource": EMPLOYEE,
        },
        {
            "client_id": "narrowbridge-cli",
            "redirect_uri": "http://127.0.0.1:5000/callback",
            "realm": "customer",
            "resource": EMPLOYEE,
        },
        {
            "client_id": "narrowbridge-cli",
            "redirect_uri": "http://127.0.0.1:5000/callback",
            "realm": "customer",
            "resource": [CUSTOMER, EMPLOYEE],
        },
    ):
        answer = callback(await browser.get(authorize_url(**changes)))
        assert answer["error"] in ("unauthorized_client", "invalid_target")
    asked = await browser.get(authorize_url())
    assert asked.headers["location"].startswith("/sign-in"), "the customer is nobody in the realm of staff"


async def test_a_customer_cannot_sign_in_to_a_staff_request(house: House) -> None:
    browser = house.browser()
    pending = pending_of(await browser.get(authorize_url()))
    answer = await browser.sign_in(ANA, realm="customer", pending=pending)
    assert answer.status_code == 422


async def test_prompt_login_wants_a_new_sign_in(house: House, employee: RelyingParty) -> None:
    browser = house.browser()
    first = await signed_in(house, employee, MAJA, realm="staff", resource=EMPLOYEE, browser=browser)
    house.clock.advance(timedelta(seconds=5))
    request = await employee.begin(scope="openid", resource=EMPLOYEE, extra={"prompt": "login"})
    answer = await browser.get(request.url)
    assert answer.headers["location"].startswith("/sign-in")
    tokens = await employee.complete(await browser.authorize(request, MAJA), request)

    assert tokens.id_claims["auth_time"] == first.id_claims["auth_time"] + 5
    assert tokens.id_claims["sid"] == first.id_claims["sid"]


async def test_prompt_login_cannot_be_answered_by_the_session_that_was_there(house: House) -> None:
    browser = await signed_in_browser(house)
    house.clock.advance(timedelta(seconds=5))
    pending = pending_of(await browser.get(authorize_url(prompt="login")))
    wrong = await browser.sign_in(MAJA, realm="staff", pending=pending, password="not this one")
    assert wrong.status_code == 422
    assert callback(await browser.sign_in(MAJA, realm="staff", pending=pending))["code"]


async def test_max_age(house: House, employee: RelyingParty) -> None:
    browser = house.browser()
    first = await signed_in(house, employee, MAJA, realm="staff", resource=EMPLOYEE, browser=browser)
    house.clock.advance(timedelta(seconds=3))
    long = await employee.begin(scope="openid", extra={"max_age": "10000"})
    same = await employee.complete(await browser.authorize(long), long)
    assert same.id_claims["auth_time"] == first.id_claims["auth_time"]

    short = await employee.begin(scope="openid", extra={"max_age": "1"})
    assert (await browser.get(short.url)).headers["location"].startswith("/sign-in")
    later = await employee.complete(await browser.authorize(short, MAJA), short)
    assert later.id_claims["auth_time"] == first.id_claims["auth_time"] + 3


async def test_prompt_none_with_a_session_keeps_a_long_state(house: House) -> None:
    browser = await signed_in_browser(house)
    state = "s" * 128
    answer = callback(await browser.get(authorize_url(prompt="none", state=state)))
    assert answer["state"] == state
    assert answer["code"]


async def test_id_token_hint_of_another_person(house: House, employee: RelyingParty) -> None:
    tomas = await signed_in(house, employee, "tomas@inside.example", realm="staff", resource=EMPLOYEE)
    maja = house.browser()
    mine = await signed_in(house, employee, MAJA, realm="staff", resource=EMPLOYEE, browser=maja)

    own = await maja.get(authorize_url(prompt="none", id_token_hint=mine.id_token))
    other = await maja.get(authorize_url(prompt="none", id_token_hint=tomas.id_token))
    access = await maja.get(authorize_url(prompt="none", id_token_hint=mine.access_token))
    assert "code" in callback(own)
    assert callback(other)["error"] == "login_required"
    assert callback(access)["error"] == "invalid_request"


async def test_login_hint_fills_in_the_form(house: House) -> None:
    browser = house.browser()
    answer = await browser.get(authorize_url(login_hint="maja@inside.example"))
    form = await browser.get(answer.headers["location"])
    assert 'value="maja@inside.example"' in form.text


async def test_17_pages_cannot_be_framed_and_forms_lead_nowhere_else(house: House) -> None:
    browser = house.browser()
    form = await browser.get((await browser.get(authorize_url())).headers["location"])
    policy = form.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert f"form-action 'self' {EMPLOYEE};" in policy
    assert "unsafe" not in policy
    plain = await browser.get("/sign-in")
    assert "form-action 'self';" in plain.headers["content-security-policy"]


async def third_party(house: House) -> None:
    acme = Registration(
        id="acme",
        name="Acme",
        secret_hash=hashed("a" * 43),
        source="admin",
        is_first_party=False,
        grant_types=[GrantType.CODE, GrantType.REFRESH],
        scopes=PEOPLE,
        audiences=[CUSTOMER],
        realms=["customer"],
        redirect_uris=["https://acme.example/cb"],
    )
    async with house.services.database.transaction() as session:
        await register(session, acme, house.clock.now())


async def test_17_a_third_party_gets_a_code_only_after_consent(house: House) -> None:
    await third_party(house)
    browser = await signed_in_browser(house, ANA, "customer")
    url = authorize_url(client_id="acme", redirect_uri="https://acme.example/cb")
    assert callback(await browser.get(url + "&prompt=none"))["error"] == "consent_required"

    asked = await browser.get(url)
    assert asked.status_code == 200
    assert "Allow Acme?" in asked.text
    pending = asked.text.split('name="request" value="')[1].split('"')[0]

    crossed = await browser.post(
        "/oauth/consent", {"request": pending, "allow": "yes"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert crossed.status_code == 403
    stranger = await house.browser().post("/oauth/consent", {"request": pending, "allow": "yes"})
    assert stranger.status_code == 400
    assert callback(await browser.post("/oauth/consent", {"request": pending}))["error"] == "access_denied"
    allowed = callback(await browser.post("/oauth/consent", {"request": pending, "allow": "yes"}))
    assert allowed["code"]


async def test_19_no_page_takes_an_address_to_go_on_to(house: House) -> None:
    browser = house.browser()
    evil = "https://evil.example/"
    for name in ("next", "return_to", "redirect_uri", "request", "url", "post_logout_redirect_uri"):
        form = {"email": MAJA, "password": "an unlikely sentence 7", "realm": "staff", name: evil}
        answer = await browser.post("/sign-in", form)
        assert answer.headers["location"] == "/account?realm=staff"
        assert "evil" not in (await browser.get("/oauth/end-session", params={name: evil})).text


async def test_a_request_is_forgotten_after_an_hour(house: House) -> None:
    browser = house.browser()
    pending = pending_of(await browser.get(authorize_url()))
    house.clock.advance(timedelta(hours=1, seconds=1))
    answer = await browser.sign_in(MAJA, realm="staff", pending=pending)
    assert answer.headers["location"] == "/account?realm=staff"


async def test_access_tokens_name_what_was_asked_for(house: House, employee: RelyingParty) -> None:
    request = await employee.begin(scope="openid community:read", resource=EMPLOYEE)
    browser = await signed_in_browser(house)
    tokens = await employee.complete(await browser.authorize(request), request)
    claims = payload(tokens.access_token)
    assert claims["scope"] == "community:read openid"
    assert claims["aud"] == EMPLOYEE
    assert "email" not in claims
    assert "email" not in tokens.id_claims
    assert "name" not in tokens.id_claims


async def test_a_request_that_waits_is_no_place_to_store_things(house: House) -> None:
    """Anybody may ask, so what is put aside is small, and there is an end to how often."""
    parameters = authorize_url(state="s" * 20_000).partition("?")[2]
    for answer in (
        await house.browser().post("/oauth/authorize", dict(parse_qsl(parameters))),
        await house.browser().get(authorize_url(x="y" * 20_000)),
    ):
        assert answer.status_code == 400
        assert "location" not in answer.headers
    assert await house.fetch("select id from pending_requests") == []


async def test_one_address_asks_only_so_often(house: House) -> None:
    browser = house.browser("192.0.2.77")
    for _ in range(AUTHORIZE_ADDRESS.count):
        answer = await browser.get(authorize_url())
        assert answer.status_code == 303, answer.text
    refused = await browser.get(authorize_url())
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert (await house.browser("192.0.2.78").get(authorize_url())).status_code == 303
