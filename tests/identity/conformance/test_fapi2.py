"""FAPI 2.0 Security Profile (Final), OpenID provider, private_key_jwt and DPoP: authorization.

Each test is named after a module of the plan `fapi2-security-profile-final-test-plan`.
"""

from datetime import timedelta
from typing import Any

import pytest

from tests.identity.conformance.fapi import FapiAgent, error_of, is_error_page
from tests.identity.conformance.op import CALLBACK


def test_discovery_end_point_verification(client: FapiAgent) -> None:
    said = client.op.metadata
    assert said["pushed_authorization_request_endpoint"].startswith(said["issuer"])
    assert "private_key_jwt" in said["token_endpoint_auth_methods_supported"]
    assert {"ES256", "PS256"} <= set(said["token_endpoint_auth_signing_alg_values_supported"])
    assert set(said["dpop_signing_alg_values_supported"]) <= {"ES256", "PS256", "EdDSA", "Ed25519"}
    assert said["authorization_response_iss_parameter_supported"] is True
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert {"authorization_code", "refresh_token"} <= set(said["grant_types_supported"])
    assert "code" in said["response_types_supported"]
    assert "none" not in said["id_token_signing_alg_values_supported"]


def test_happy_flow(client: FapiAgent, client2: FapiAgent) -> None:
    for each in (client, client2):
        given = each.bound_tokens(scope="openid profile")
        assert each.resource(given["access_token"]).json()["sub"] == given["claims"]["sub"]
        assert given["expires_in"] <= 600


def test_user_rejects_authentication(client: FapiAgent) -> None:
    reference = client.reference(prompt="consent")
    page = client.sign_in(client.open(reference))
    pending = page.text.split('name="request" value="')[1].split('"')[0]
    answer = client.http.post(
        "/oauth/consent", data={"request": pending}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert client.landed(answer)["error"] == "access_denied"
    assert is_error_page(client.open(reference))


def test_ensure_authorization_request_without_state_success(client: FapiAgent) -> None:
    assert "state" not in client.walk(client.reference(state=None))


def test_ensure_authorization_request_without_nonce_success(client: FapiAgent) -> None:
    assert "nonce" not in client.bound_tokens(nonce=None)["claims"]


def test_ensure_authorization_request_with_64_char_nonce_success(client: FapiAgent) -> None:
    nonce = "n" * 64
    assert client.bound_tokens(nonce=nonce)["claims"]["nonce"] == nonce


def test_ensure_authorization_request_with_long_nonce(client: FapiAgent) -> None:
    nonce = "n" * 384
    assert client.bound_tokens(nonce=nonce)["claims"]["nonce"] == nonce


def test_ensure_authorization_request_with_long_state(client: FapiAgent) -> None:
    state = "s" * 384
    assert client.walk(client.reference(state=state))["state"] == state


def test_ensure_other_scope_order_succeeds(client: FapiAgent) -> None:
    one = client.bound_tokens(scope="openid email profile")
    other = client.bound_tokens(scope="profile openid email")
    assert one["scope"] == other["scope"]


def test_claims_parameter_identity_claims(client: FapiAgent) -> None:
    claims = '{"id_token": {"name": {"essential": true}}, "userinfo": {"email": null}}'
    given = client.bound_tokens(claims=claims)
    assert given["claims"]["name"]
    assert client.resource(given["access_token"]).json()["email"]


def test_ensure_different_nonce_inside_and_outside_request_object(client: FapiAgent) -> None:
    """What the browser brings beside the reference does not count."""
    pushed = client.request()
    reference = client.reference(request=pushed) | {"nonce": "another", "scope": "openid email"}
    given = client.checked(client.redeem_code(client.walk(reference)["code"]), pushed["nonce"])
    assert given["scope"] == "openid"


def test_ensure_different_state_inside_and_outside_request_object(client: FapiAgent) -> None:
    pushed = client.request()
    landing = client.walk(client.reference(request=pushed) | {"state": "another"})
    assert landing["state"] == pushed["state"]


def test_state_only_outside_request_object_not_used(client: FapiAgent) -> None:
    landing = client.walk(client.reference(state=None) | {"state": "outside"})
    assert "state" not in landing


def test_par_without_duplicate_parameters(client: FapiAgent) -> None:
    reference = client.reference()
    assert set(reference) == {"client_id", "request_uri"}
    assert "code" in client.walk(reference)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": CALLBACK + "/other"}, "invalid_request"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
    ],
    ids=[
        "ensure_redirect_uri_in_authorization_request",
        "ensure_registered_redirect_uri",
        "ensure_response_type_code_id_token_fails",
        "ensure_response_type_token_fails",
        "response_type_missing",
        "par_ensure_pkce_required",
        "par_ensure_plain_pkce_rejected",
        "par_ensure_plain_pkce_rejected_by_default",
    ],
)
def test_what_may_not_be_pushed(client: FapiAgent, changes: dict[str, Any], error: str) -> None:
    assert error_of(client.push(**changes)) == error


def test_ensure_unsigned_authorization_request_without_using_par_fails(client: FapiAgent) -> None:
    landing = client.landed(client.open(client.request()))
    assert landing["error"] == "invalid_request"
    assert "code" not in landing


def test_par_ensure_server_accepts_reused_request_uri_before_authentication_completion(
    client: FapiAgent,
) -> None:
    reference = client.reference()
    assert client.open(reference).headers["location"].startswith("/sign-in")
    assert "code" in client.walk(reference)


def test_par_attempt_reuse_request_uri(client: FapiAgent) -> None:
    reference = client.reference()
    assert "code" in client.walk(reference)
    assert is_error_page(client.open(reference))


def test_two_browsers_get_one_answer_for_one_request_uri(client: FapiAgent) -> None:
    """Both were at the sign-in page before either was through."""
    other = FapiAgent(client.op, client.fapi)
    reference = client.reference()
    pages = [each.open(reference) for each in (client, other)]
    answers = [each.agree(each.sign_in(page)) for each, page in zip((client, other), pages, strict=True)]
    assert "code=" in answers[0].headers["location"]
    assert is_error_page(answers[1])
    other.http.close()


def test_par_attempt_to_use_expired_request_uri(client: FapiAgent) -> None:
    reference = client.reference()
    client.op.clock.advance(timedelta(seconds=61))
    assert is_error_page(client.open(reference))


def test_par_ensure_request_uri_is_bound_to_client(client: FapiAgent, client2: FapiAgent) -> None:
    stolen = client.reference() | {"client_id": client2.client.id}
    assert is_error_page(client2.open(stolen))


def test_a_request_uri_needs_its_client_id(client: FapiAgent) -> None:
    reference = client.reference()
    assert is_error_page(client.open({"request_uri": reference["request_uri"]}))


def test_par_reject_request_uri_in_par_authorization_form_params(client: FapiAgent) -> None:
    pushed = client.request() | {"request_uri": "urn:ietf:params:oauth:request_uri:x"}
    assert error_of(client.push(request=pushed)) == "invalid_request"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_par_attempt_invalid_http_method(client: FapiAgent, method: str) -> None:
    address = client.op.metadata["pushed_authorization_request_endpoint"]
    answer = client.http.request(method, address)
    assert answer.status_code == 405


def test_redirects_are_303(client: FapiAgent) -> None:
    """FAPI 2.0 section 5.3.2.2: 307 would send a password along."""
    answer = client.agree(client.sign_in(client.open(client.reference())))
    assert answer.status_code == 303
