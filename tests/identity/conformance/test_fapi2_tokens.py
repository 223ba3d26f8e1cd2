"""FAPI 2.0 Security Profile (Final), OpenID provider, private_key_jwt and DPoP: tokens.

Each test is named after a module of the plan `fapi2-security-profile-final-test-plan`.
"""

from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from shared.oidc.signed import STRONG
from tests.fixtures.dpop import KeyHolder, ath, signed
from tests.identity.conformance.fapi import FapiAgent, error_of
from tests.identity.driver import payload

# --- the code ---


def test_attempt_reuse_authorization_code_after_one_second(client: FapiAgent) -> None:
    code = client.code()
    given = client.redeem_code(code).json()
    client.op.clock.advance(timedelta(seconds=1))
    assert error_of(client.redeem_code(code)) == "invalid_grant"
    assert client.resource(given["access_token"]).status_code == 401


def test_attempt_to_use_expired_auth_code(client: FapiAgent) -> None:
    code = client.code()
    client.op.clock.advance(timedelta(seconds=61))
    assert error_of(client.redeem_code(code)) == "invalid_grant"


def test_ensure_authorization_code_is_bound_to_client(client: FapiAgent, client2: FapiAgent) -> None:
    client2.verifier = client.verifier
    assert error_of(client2.redeem_code(client.code())) == "invalid_grant"


def test_par_ensure_pkce_code_verifier_required(client: FapiAgent) -> None:
    assert error_of(client.redeem_code(client.code(), code_verifier=None)) == "invalid_grant"


def test_par_incorrect_pkce_code_verifier_rejected(client: FapiAgent) -> None:
    assert error_of(client.redeem_code(client.code(), code_verifier="x" * 43)) == "invalid_grant"


def test_ensure_client_id_in_token_endpoint(client: FapiAgent, client2: FapiAgent) -> None:
    """The second client's name, signed with the first one's key."""
    forged = client2.assertion(key=client.fapi.key) | {"client_id": client2.client.id}
    assert error_of(client.redeem_code(client.code(), assertion=forged)) == "invalid_client"
    mixed = client.assertion() | {"client_id": client2.client.id}
    assert error_of(client.redeem_code(client.code(), assertion=mixed)) == "invalid_client"


# --- the client's proof of who it is ---


def test_ensure_client_assertion_in_token_endpoint(client: FapiAgent) -> None:
    for nothing in ({}, {"client_id": client.client.id}):
        assert error_of(client.redeem_code(client.code(), assertion=nothing)) == "invalid_client"


def test_ensure_signed_client_assertion_with_rs256_fails(client: FapiAgent) -> None:
    key = RSAKey.generate_key(2048)
    forged = client.assertion(key=key, header={"alg": "RS256"})
    assert error_of(client.push(assertion=forged)) == "invalid_client"


def test_an_assertion_signed_with_a_secret_or_not_at_all_fails(client: FapiAgent) -> None:
    public = OctKey.import_key(str(client.fapi.key.as_dict(private=False)))
    for header, key in (({"alg": "HS256"}, public), ({"alg": "none"}, public)):
        assert error_of(client.push(assertion=client.assertion(key=key, header=header))) == "invalid_client"


def seconds_from(client: FapiAgent, **offsets: int) -> dict[str, Any]:
    return {name: client.op.now() + offset for name, offset in offsets.items()}


@pytest.mark.parametrize(
    "changes",
    [
        {"sub": None},
        {"sub": "fapi-2"},
        {"iss": None},
        {"iss": "fapi-2"},
        {"jti": None},
        {"exp": None},
        {"aud": None},
    ],
    ids=lambda changes: "ensure_client_assertion_with_no_" + next(iter(changes)),
)
def test_ensure_client_assertion_without_something_fails(client: FapiAgent, changes: dict[str, Any]) -> None:
    assert error_of(client.push(assertion=client.assertion(**changes))) == "invalid_client"


def test_ensure_client_assertion_with_exp_is_5_minutes_in_past_fails(client: FapiAgent) -> None:
    past = seconds_from(client, iat=-360, exp=-300)
    assert error_of(client.push(assertion=client.assertion(**past))) == "invalid_client"


def test_an_assertion_that_lives_longer_than_five_minutes_fails(client: FapiAgent) -> None:
    for offsets in ({"exp": 900}, {"iat": -600, "exp": 60}):
        long = seconds_from(client, **offsets)
        assert error_of(client.push(assertion=client.assertion(**long))) == "invalid_client"


def test_ensure_client_assertion_with_wrong_aud_fails(client: FapiAgent) -> None:
    wrong = client.assertion(aud="https://other.example")
    assert error_of(client.redeem_code(client.code(), assertion=wrong)) == "invalid_client"


@pytest.mark.parametrize("endpoint", ["pushed_authorization_request_endpoint", "token_endpoint"])
def test_par_endpoint_as_audience_fails(client: FapiAgent, endpoint: str) -> None:
    """And the module with the token endpoint."""
    wrong = client.assertion(aud=client.op.metadata[endpoint])
    assert error_of(client.push(assertion=wrong)) == "invalid_client"


def test_par_endpoint_as_array_audience_fails(client: FapiAgent) -> None:
    issuer, endpoint = client.op.metadata["issuer"], client.op.metadata["token_endpoint"]
    for audience in ([issuer], [issuer, endpoint], [endpoint]):
        assert error_of(client.push(assertion=client.assertion(aud=audience))) == "invalid_client"


def test_par_ensure_jwt_client_assertion_with_iat_nbf_8_seconds_in_the_future_is_accepted(
    client: FapiAgent,
) -> None:
    ahead = seconds_from(client, iat=8, nbf=8, exp=68)
    assert client.push(assertion=client.assertion(**ahead)).status_code == 201


def test_par_ensure_jwt_client_assertion_with_iat_nbf_over_60_seconds_in_the_future_fails(
    client: FapiAgent,
) -> None:
    for offsets in ({"iat": 65, "exp": 120}, {"nbf": 65, "exp": 120}):
        ahead = seconds_from(client, **offsets)
        assert error_of(client.push(assertion=client.assertion(**ahead))) == "invalid_client"


def test_an_assertion_is_good_once(client: FapiAgent) -> None:
    assertion = client.assertion()
    assert client.push(assertion=assertion).status_code == 201
    assert error_of(client.push(assertion=assertion)) == "invalid_client"


def test_two_ways_of_authentication_at_once_fail(client: FapiAgent) -> None:
    form = client.request() | client.assertion() | {"client_secret": "x"}
    address = client.op.metadata["pushed_authorization_request_endpoint"]
    assert error_of(client.http.post(address, data=form)) == "invalid_request"
    form.pop("client_secret")
    assert error_of(client.http.post(address, data=form, auth=("fapi-1", "x"))) == "invalid_request"


# --- the key ---


def test_ensure_holder_of_key_required(client: FapiAgent) -> None:
    assert error_of(client.redeem_code(client.code(), proof=None)) == "invalid_dpop_proof"


@pytest.mark.parametrize("offset", [-10, 10], ids=["before", "after"])
def test_ensure_dpop_proof_with_iat_10_seconds_before_after_succeeds(client: FapiAgent, offset: int) -> None:
    address = client.op.metadata["token_endpoint"]
    proof = client.proof("POST", address, **seconds_from(client, iat=offset))
    assert client.redeem_code(client.code(), proof=proof).status_code == 200


def test_check_dpop_proof_nbf_exp(client: FapiAgent) -> None:
    times = seconds_from(client, nbf=0, exp=300)
    proof = client.proof("POST", client.op.metadata["token_endpoint"], **times)
    token = client.redeem_code(client.code(), proof=proof).json()["access_token"]
    again = client.proof("GET", client.op.metadata["userinfo_endpoint"], token=token, **times)
    assert client.resource(token, proof=again).status_code == 200


def test_ensure_mismatched_dpop_jkt_fails(client: FapiAgent) -> None:
    proof = client.proof("POST", client.op.metadata["pushed_authorization_request_endpoint"])
    assert error_of(client.push(proof=proof, dpop_jkt=KeyHolder().jkt)) == "invalid_request"


def test_ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt(client: FapiAgent) -> None:
    proof = client.proof("POST", client.op.metadata["pushed_authorization_request_endpoint"])
    code = client.code(proof=proof)
    client.holder = KeyHolder()
    assert error_of(client.redeem_code(code)) == "invalid_grant"


def test_ensure_token_endpoint_fails_with_mismatched_dpop_jkt(client: FapiAgent) -> None:
    code = client.code(dpop_jkt=KeyHolder().jkt)
    assert error_of(client.redeem_code(code)) == "invalid_grant"


def test_ensure_dpop_proof_at_par_endpoint_binding_success(client: FapiAgent) -> None:
    proof = client.proof("POST", client.op.metadata["pushed_authorization_request_endpoint"])
    assert client.redeem_code(client.code(proof=proof)).status_code == 200


def test_ensure_dpop_auth_code_binding_success(client: FapiAgent) -> None:
    code = client.code(dpop_jkt=client.holder.jkt)
    given = client.redeem_code(code).json()
    assert payload(given["access_token"])["cnf"] == {"jkt": client.holder.jkt}


def test_a_proof_at_the_token_endpoint_is_good_once(client: FapiAgent) -> None:
    proof = client.proof("POST", client.op.metadata["token_endpoint"])
    assert client.redeem_code(client.code(), proof=proof).status_code == 200
    assert error_of(client.redeem_code(client.code(), proof=proof)) == "invalid_dpop_proof"


def test_access_token_type_header_case_sensitivity(client: FapiAgent) -> None:
    token = client.bound_tokens()["access_token"]
    for scheme in ("dpop", "DPOP", "dPoP"):
        assert client.resource(token, scheme=scheme).status_code == 200


def test_dpop_negative_tests(client: FapiAgent) -> None:
    token = client.bound_tokens()["access_token"]
    address = client.op.metadata["userinfo_endpoint"]

    def status(**changes: Any) -> int:
        return client.resource(token, proof=client.proof("GET", address, token=token, **changes)).status_code

    assert status() == 200
    assert status(htu=f"{address}?a=1#b") == 200
    assert status(htu=address.replace(client.op.url, client.op.url.upper())) == 200
    assert status(header={"x": "y"}, something="else") == 200
    for name in ("jti", "htm", "htu", "iat", "ath"):
        assert status(**{name: None}) == 401, name
    for name in ("typ", "jwk"):
        assert status(header={name: None}) == 401, name
    assert status(header={"typ": "JWT"}) == 401
    assert status(header={"jwk": client.holder.key.as_dict(private=True)}) == 401
    assert status(htm="PUT") == 401
    assert status(htu="https://other.example/") == 401
    assert status(ath=ath("another")) == 401
    for offset in (-3600, 3600):
        assert status(**seconds_from(client, iat=offset)) == 401
    assert status(jti="fixed") == 200
    assert status(jti="fixed") == 401


def test_dpop_negative_tests_around_the_proof(client: FapiAgent) -> None:
    token = client.bound_tokens()["access_token"]
    address = client.op.metadata["userinfo_endpoint"]
    good = [client.proof("GET", address, token=token) for _ in range(2)]
    headers = [("Authorization", f"DPoP {token}"), *(("DPoP", proof) for proof in good)]
    assert client.http.get(address, headers=headers).status_code == 401
    assert client.resource(token, proof="not.a.jwt").status_code == 401
    assert client.resource(token, proof=None).status_code == 401
    stranger = KeyHolder().proof("GET", address, token=token, at=client.op.now())
    assert client.resource(token, proof=stranger).status_code == 401
    rsa = RSAKey.generate_key(2048)
    weak = {"typ": "dpop+jwt", "alg": "RS256", "jwk": rsa.as_dict(private=False)}
    claims = {"jti": "1", "htm": "GET", "htu": address, "iat": client.op.now(), "ath": ath(token)}
    assert client.resource(token, proof=signed(weak, claims, rsa)).status_code == 401


def test_dpop_negative_tests_downgrade_to_bearer(client: FapiAgent) -> None:
    token = client.bound_tokens()["access_token"]
    refused = client.resource(token, scheme="Bearer", proof=None)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith('DPoP error="invalid_token"')
    assert f'algs="{" ".join(STRONG)}"' in refused.headers["www-authenticate"]
    assert client.resource(token, scheme="Bearer").status_code == 401
    by_form = client.http.post(client.op.metadata["userinfo_endpoint"], data={"access_token": token})
    assert by_form.status_code == 401
    assert client.resource(token).status_code == 200


# --- refresh tokens ---


def test_refresh_token(client: FapiAgent, client2: FapiAgent) -> None:
    given = client.bound_tokens(scope="openid profile")
    first = given["refresh_token"]
    assert error_of(client2.refresh(first)) == "invalid_grant"
    assert error_of(client.refresh(first, proof=None)) == "invalid_dpop_proof"
    for _ in range(2):  # without rotation it is the same token, again and again
        body = client.checked(client.refresh(first), None)
        assert body["refresh_token"] == first
        assert body["claims"]["sub"] == given["claims"]["sub"]
        assert body["claims"]["auth_time"] == given["claims"]["auth_time"]
        assert client.resource(body["access_token"]).status_code == 200


def test_a_refreshed_token_is_bound_to_the_key_proved_then(client: FapiAgent) -> None:
    """RFC 9449 section 5: a confidential client may change its key."""
    first = client.bound_tokens()["refresh_token"]
    client.holder = KeyHolder(ECKey.generate_key("P-256"))
    token = client.refresh(first).json()["access_token"]
    assert payload(token)["cnf"] == {"jkt": client.holder.jkt}
