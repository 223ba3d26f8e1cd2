"""Config OP: what the provider says of itself."""

from urllib.parse import urlsplit

from tests.identity.conformance.op import Agent

PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "k"}


def test_oidcc_discovery_endpoint_verification(plain: Agent) -> None:
    answer = plain.http.get("/.well-known/openid-configuration")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    document = answer.json()
    assert document["issuer"] == plain.op.url
    assert "code" in document["response_types_supported"]
    assert document["subject_types_supported"] == ["public"]
    assert "RS256" in document["id_token_signing_alg_values_supported"]
    assert {"authorization_code", "refresh_token"} <= set(document["grant_types_supported"])
    assert "openid" in document["scopes_supported"]
    assert {"sub", "iss", "auth_time", "name", "email"} <= set(document["claims_supported"])
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["request_uri_parameter_supported"] is False, "true when left out"
    for name, value in document.items():
        if name.endswith(("_endpoint", "_uri")):
            parts = urlsplit(value)
            assert f"{parts.scheme}://{parts.netloc}" == document["issuer"], name


def test_oidcc_discovery_keys_are_public(plain: Agent) -> None:
    keys = plain.op.keys()["keys"]
    assert {key["alg"] for key in keys} >= {"RS256", "ES256"}
    assert len({key["kid"] for key in keys}) == len(keys)
    assert not any(PRIVATE & set(key) for key in keys)
