"""Answers by a form that the browser posts (OAuth 2.0 Form Post Response Mode)."""

import html
import re

import pytest

from tests.identity.driver import EMPLOYEE, ISSUER, Browser, House, authorize_url, pending_of

MAJA = "maja@inside.example"
CALLBACK = f"{EMPLOYEE}/sign-in/callback"
NASTY = "\"><script>alert(1)</script>&amp;' \u00e9 \u20ac+%20"


def fields_of(page: str) -> dict[str, str]:
    """What the form would send, as a browser reads it."""
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    return {html.unescape(name): html.unescape(value) for name, value in found}


async def signed_in(house: House) -> Browser:
    browser = house.browser()
    await browser.sign_in(MAJA, realm="staff")
    return browser


async def test_a_code_comes_in_a_form_to_the_registered_address(house: House) -> None:
    answer = await (await signed_in(house)).get(authorize_url(response_mode="form_post"))
    assert answer.status_code == 200
    assert f'<form class="form" method="post" action="{CALLBACK}"' in answer.text
    fields = fields_of(answer.text)
    assert set(fields) == {"code", "state", "iss"}
    assert (fields["state"], fields["iss"]) == ("a-state", ISSUER)


async def test_the_form_is_sent_by_our_own_script_or_by_a_button(house: House) -> None:
    answer = await (await signed_in(house)).get(authorize_url(response_mode="form_post"))
    policy = answer.headers["content-security-policy"]
    assert f"form-action 'self' {EMPLOYEE};" in policy
    assert "unsafe" not in policy
    script = re.search(r'<script src="(/static/submit\.js[^"]*)" defer>', answer.text)
    assert script
    assert "submit()" in (await house.browser().get(script.group(1))).text
    assert re.search(r'<button class="btn btn-primary">Go on</button>\s*</div>\s*</form>', answer.text)
    assert "onload" not in answer.text


async def test_the_page_is_never_kept(house: House) -> None:
    answer = await (await signed_in(house)).get(authorize_url(response_mode="form_post"))
    assert answer.headers["cache-control"].endswith("no-store")
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_values_are_escaped_and_the_state_is_intact(house: House) -> None:
    browser = await signed_in(house)
    answer = await browser.get(authorize_url(response_mode="form_post", state=NASTY))
    assert "script>alert" not in answer.text
    assert fields_of(answer.text)["state"] == NASTY


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"prompt": "none"}, "login_required"),
        ({"scope": "nothing"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"request": "x.y."}, "request_not_supported"),
        ({"max_age": "soon"}, "invalid_request"),
    ],
)
async def test_errors_come_in_a_form_too(house: House, changes: dict[str, str], error: str) -> None:
    answer = await house.browser().get(authorize_url(response_mode="form_post", **changes))
    assert answer.status_code == 200
    fields = fields_of(answer.text)
    assert (fields["error"], fields["state"], fields["iss"]) == (error, "a-state", ISSUER)


async def test_the_mode_is_kept_while_the_person_signs_in(house: House) -> None:
    browser = house.browser()
    pending = pending_of(await browser.get(authorize_url(response_mode="form_post")))
    answer = await browser.sign_in(MAJA, realm="staff", pending=pending)
    assert answer.status_code == 200
    assert fields_of(answer.text)["code"]
    assert answer.headers["set-cookie"]


async def test_an_unregistered_address_gets_no_form(house: House) -> None:
    url = authorize_url(response_mode="form_post", redirect_uri="https://evil.example/")
    answer = await (await signed_in(house)).get(url)
    assert answer.status_code == 400
    assert "evil" not in answer.text
    assert "evil" not in answer.headers["content-security-policy"]


async def test_a_private_scheme_cannot_be_posted_to(house: House) -> None:
    await house.execute(
        "update clients set redirect_uris = '{com.example.app:/callback}' where id = 'narrowbridge-cli'"
    )
    browser = await signed_in(house)
    url = authorize_url(
        client_id="narrowbridge-cli",
        redirect_uri="com.example.app:/callback",
        realm="staff",
        resource=EMPLOYEE,
        response_mode="form_post",
    )
    answer = await browser.get(url)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("com.example.app:/callback?error=invalid_request")
    asked = await browser.get(url.replace("form_post", "query"))
    assert "form-action 'self' com.example.app:;" in asked.headers["content-security-policy"]


async def test_only_query_and_form_post_are_offered(house: House) -> None:
    document = (await house.browser().get("/.well-known/openid-configuration")).json()
    assert document["response_modes_supported"] == ["query", "form_post"]
    browser = await signed_in(house)
    for mode in ("fragment", "query.jwt", "web_message", "FORM_POST"):
        answer = await browser.get(authorize_url(response_mode=mode))
        assert "error=invalid_request" in answer.headers["location"]
