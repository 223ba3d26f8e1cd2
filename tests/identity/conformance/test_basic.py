"""Basic OP, and Form Post OP: the same modules with `response_mode=form_post`."""

import base64
import hashlib
import json
import secrets
from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.oidc.keys import read_header
from tests.identity.conformance.op import (
    ALL_SCOPES,
    CALLBACK,
    EMAIL,
    NAME,
    POSTS,
    SECOND,
    Agent,
)

PROFILE, MAIL = {"name": NAME}, {"email": EMAIL, "email_verified": True}
UNSIGNED = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()


def unsigned(claims: dict[str, Any]) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"{UNSIGNED}.{body}."


def wait(agent: Agent, seconds: int) -> None:
    agent.op.clock.advance(timedelta(seconds=seconds))


def is_error_page(answer: httpx.Response) -> bool:
    return answer.status_code == 400 and "location" not in answer.headers and "<h1>" in answer.text


def test_oidcc_server(agent: Agent) -> None:
    first, landing = agent.sign_in_with(scope=ALL_SCOPES)
    assert landing.signed_in
    assert len(landing.fields["code"]) >= 43
    agent.client = SECOND
    second, landing = agent.sign_in_with()
    assert not landing.signed_in
    assert second["claims"]["sub"] == first["claims"]["sub"]
    assert second["claims"]["auth_time"] == first["claims"]["auth_time"]


def test_oidcc_response_type_missing(agent: Agent) -> None:
    fields = agent.landed(agent.open(agent.request(response_type=None)))
    assert fields["error"] in ("invalid_request", "unsupported_response_type")
    assert "code" not in fields


def test_oidcc_idtoken_signature(agent: Agent) -> None:
    tokens, _ = agent.sign_in_with()
    header = read_header(tokens["id_token"])
    key = next(key for key in agent.op.keys()["keys"] if key["kid"] == header["kid"])
    assert (header["alg"], key["kty"], key["alg"], key["use"]) == ("RS256", "RSA", "RS256", "sig")


def test_oidcc_idtoken_unsigned(agent: Agent) -> None:
    """Not offered: the module is skipped for a provider that does not list `none`."""
    assert "none" not in agent.op.metadata["id_token_signing_alg_values_supported"]
    tokens, _ = agent.sign_in_with()
    assert read_header(tokens["id_token"])["alg"] == "RS256"


def test_oidcc_userinfo_get(agent: Agent) -> None:
    tokens, _ = agent.sign_in_with()
    answer = agent.user_info(tokens["access_token"])
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json() == {"sub": tokens["claims"]["sub"]}


def test_oidcc_userinfo_post_header(agent: Agent) -> None:
    tokens, _ = agent.sign_in_with()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    answer = agent.http.post(agent.op.metadata["userinfo_endpoint"], headers=bearer)
    assert answer.json()["sub"] == tokens["claims"]["sub"]


def test_oidcc_userinfo_post_body(agent: Agent) -> None:
    tokens, _ = agent.sign_in_with()
    form = {"access_token": tokens["access_token"]}
    answer = agent.http.post(agent.op.metadata["userinfo_endpoint"], data=form)
    assert answer.json()["sub"] == tokens["claims"]["sub"]


def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(agent: Agent) -> None:
    tokens, _ = agent.sign_in_with(nonce=None)
    assert "nonce" not in tokens["claims"]


def told_for(agent: Agent, scope: str) -> dict[str, Any]:
    """What UserInfo tells for a scope; the id_token tells none of it (OpenID Connect Core 5.4)."""
    tokens, _ = agent.sign_in_with(scope=scope)
    told = dict(agent.user_info(tokens["access_token"]).json())
    assert told.pop("sub") == tokens["claims"]["sub"]
    assert not set(told) & set(tokens["claims"])
    return told


def test_oidcc_scope_profile(agent: Agent) -> None:
    assert told_for(agent, "openid profile").items() >= PROFILE.items()


def test_oidcc_scope_email(agent: Agent) -> None:
    assert told_for(agent, "openid email") == MAIL


def test_oidcc_scope_address(agent: Agent) -> None:
    """What is not known of somebody is left out (OpenID Connect Core 5.3.2)."""
    assert told_for(agent, "openid address") == {}


def test_oidcc_scope_phone(agent: Agent) -> None:
    assert told_for(agent, "openid phone") == {}


def test_oidcc_scope_all(agent: Agent) -> None:
    assert told_for(agent, ALL_SCOPES).items() >= (PROFILE | MAIL).items()


def test_oidcc_ensure_other_scope_order_succeeds(agent: Agent) -> None:
    assert told_for(agent, "email openid") == MAIL


@pytest.mark.parametrize("parameters", ["usual", "reversed"])
def test_oidcc_ensure_other_parameter_order_succeeds(agent: Agent, parameters: str) -> None:
    request = agent.request()
    if parameters == "reversed":
        request = dict(reversed(request.items()))
    assert agent.tokens(agent.authorize(request), request["nonce"])


def test_oidcc_display_page(agent: Agent) -> None:
    assert agent.sign_in_with(display="page")


def test_oidcc_display_popup(agent: Agent) -> None:
    assert agent.sign_in_with(display="popup")


def test_oidcc_prompt_login(agent: Agent) -> None:
    first, _ = agent.sign_in_with()
    wait(agent, 2)
    second, landing = agent.sign_in_with(prompt="login")
    assert landing.signed_in
    assert second["claims"]["sub"] == first["claims"]["sub"]
    assert second["claims"]["auth_time"] > first["claims"]["auth_time"]


def test_oidcc_prompt_none_not_logged_in(agent: Agent) -> None:
    landing = agent.authorize(agent.request(prompt="none"))
    assert landing.fields["error"] == "login_required"
    assert not landing.signed_in


def test_oidcc_prompt_none_logged_in(agent: Agent) -> None:
    first, _ = agent.sign_in_with()
    wait(agent, 2)
    second, landing = agent.sign_in_with(prompt="none", state=secrets.token_hex(64))
    assert not landing.signed_in
    assert len(landing.fields["state"]) == 128
    assert second["claims"]["sub"] == first["claims"]["sub"]
    assert second["claims"]["auth_time"] == first["claims"]["auth_time"]


def test_oidcc_max_age_1(agent: Agent) -> None:
    first, _ = agent.sign_in_with()
    wait(agent, 2)
    second, landing = agent.sign_in_with(max_age=1)
    assert landing.signed_in
    assert second["claims"]["auth_time"] > first["claims"]["auth_time"]


def test_oidcc_max_age_10000(agent: Agent) -> None:
    first, _ = agent.sign_in_with(max_age=15000)
    wait(agent, 2)
    second, landing = agent.sign_in_with(max_age=10000)
    assert not landing.signed_in
    assert second["claims"]["auth_time"] == first["claims"]["auth_time"]


def test_oidcc_ensure_request_with_unknown_parameter_succeeds(agent: Agent) -> None:
    assert agent.sign_in_with(extra="foobar")


def test_oidcc_id_token_hint(agent: Agent) -> None:
    first, _ = agent.sign_in_with()
    second, landing = agent.sign_in_with(prompt="none", id_token_hint=first["id_token"])
    assert not landing.signed_in
    assert second["claims"]["sub"] == first["claims"]["sub"]


def test_oidcc_login_hint(agent: Agent) -> None:
    agent.sign_in_with(login_hint="buffy@outside.example")
    assert 'value="buffy@outside.example"' in agent.form_page


def test_oidcc_ui_locales(agent: Agent) -> None:
    assert agent.sign_in_with(ui_locales="se")


def test_oidcc_claims_locales(agent: Agent) -> None:
    assert agent.sign_in_with(claims_locales="se")


def test_oidcc_ensure_request_with_acr_values_succeeds(agent: Agent) -> None:
    assert agent.sign_in_with(acr_values="1 2")


def reused(agent: Agent, after: int) -> str:
    """Redeem a code twice; the access token that it gave the first time."""
    request = agent.request()
    landing = agent.authorize(request)
    tokens = agent.tokens(landing, request["nonce"])
    wait(agent, after)
    again = agent.redeem(landing.fields["code"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    return str(tokens["access_token"])


def test_oidcc_codereuse(agent: Agent) -> None:
    assert reused(agent, 0)


def test_oidcc_codereuse_30seconds(agent: Agent) -> None:
    assert agent.user_info(reused(agent, 30)).status_code == 401


def test_oidcc_ensure_registered_redirect_uri(agent: Agent) -> None:
    for address in (f"{CALLBACK}/other", "https://elsewhere.example/callback", f"{CALLBACK}?x=1"):
        assert is_error_page(agent.open(agent.request(redirect_uri=address)))


def test_oidcc_ensure_post_request_succeeds(agent: Agent) -> None:
    request = agent.request()
    assert agent.tokens(agent.authorize(request, post=True), request["nonce"])


def test_oidcc_server_client_secret_post(agent: Agent) -> None:
    agent.client = POSTS
    assert agent.sign_in_with()
    request = agent.request()
    code = agent.authorize(request).fields["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    by_basic = agent.http.post(agent.op.metadata["token_endpoint"], data=form, auth=(POSTS.id, POSTS.secret))
    assert by_basic.json()["error"] == "invalid_client", "the registered method is the one admitted"


def test_oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(agent: Agent) -> None:
    request = agent.request(request_uri="https://rp.example/request.jwt")
    assert agent.authorize(request).fields["error"] == "request_uri_not_supported"


def test_oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(agent: Agent) -> None:
    request = agent.request()
    landing = agent.authorize(request | {"request": unsigned({"state": "other", "scope": "openid email"})})
    assert landing.fields["error"] == "request_not_supported"


def test_oidcc_claims_essential(agent: Agent) -> None:
    tokens, _ = agent.sign_in_with(claims='{"userinfo":{"name":{"essential":true}}}')
    told = agent.user_info(tokens["access_token"]).json()
    assert told == {"sub": tokens["claims"]["sub"], "name": NAME}


def test_oidcc_ensure_request_object_with_redirect_uri(agent: Agent) -> None:
    """The address is in the object alone, which we do not read: a page, and nobody is sent anywhere."""
    request = agent.request(redirect_uri="https://rp.example/other")
    assert is_error_page(agent.open(request | {"request": unsigned({"redirect_uri": CALLBACK})}))


def test_oidcc_refresh_token(agent: Agent) -> None:
    first, _ = agent.sign_in_with(scope="openid offline_access", prompt="consent")
    wait(agent, 2)
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    answer = agent.token(**form)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"].endswith("no-store")
    second = answer.json()
    claims = agent.id_claims(second, None)
    for name in ("iss", "sub", "aud", "azp", "auth_time"):
        assert claims[name] == first["claims"][name]
    assert claims["iat"] > first["claims"]["iat"]
    assert second["access_token"] != first["access_token"]

    stranger = Agent(agent.op, agent.mode, SECOND)
    stolen = stranger.token(grant_type="refresh_token", refresh_token=second["refresh_token"])
    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
    stranger.http.close()


def test_oidcc_ensure_request_with_valid_pkce_succeeds(agent: Agent) -> None:
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    request = agent.request(code_challenge=challenge, code_challenge_method="S256")
    assert agent.tokens(agent.authorize(request), request["nonce"], code_verifier=verifier)
