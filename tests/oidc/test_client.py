"""The relying party against a pretended identity."""

import base64
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from shared.oidc import AuthorizationRequest, IdentityUnavailable, RelyingParty, SignInRefused, TokenRefused
from tests.oidc.conftest import AUDIENCE, INTERNAL, ISSUER, PretendedIdentity

CALLBACK = f"{AUDIENCE}/sign-in/callback"


@pytest.fixture
def party(http: httpx.AsyncClient) -> RelyingParty:
    return RelyingParty(
        issuer=ISSUER,
        internal_url=INTERNAL,
        client_id="a-client",
        client_secret="a secret+with:signs",
        redirect_uri=CALLBACK,
        http=http,
    )


async def begin(party: RelyingParty) -> AuthorizationRequest:
    return await party.begin(scope="openid profile", resource=AUDIENCE, realm="staff")


def answers_with(identity: PretendedIdentity, asked_nonce: str, **changes: Any) -> None:
    id_token = identity.sign(
        header={"typ": "JWT"}, **({"aud": "a-client", "nonce": asked_nonce, "sub": "a-person"} | changes)
    )
    identity.answer = lambda form: (
        200,
        {"access_token": "at", "token_type": "Bearer", "expires_in": 600, "refresh_token": "a-refresh-token",
         "id_token": id_token, "scope": "openid profile"},
    )  # fmt: skip


async def test_the_browser_goes_to_the_public_address_with_pkce(party: RelyingParty) -> None:
    request = await begin(party)
    parts = urlsplit(request.url)
    query = parse_qs(parts.query)

    assert request.url.startswith(f"{ISSUER}/oauth/authorize?")
    assert query["code_challenge_method"] == ["S256"]
    assert query["resource"] == [AUDIENCE]
    assert query["realm"] == ["staff"]
    assert query["state"] == [request.state]
    assert request.code_verifier not in request.url
    assert request.state not in repr(request)


async def test_a_code_becomes_tokens(party: RelyingParty, identity: PretendedIdentity) -> None:
    request = await begin(party)
    answers_with(identity, request.nonce)
    tokens = await party.complete({"code": "c", "state": request.state, "iss": ISSUER}, request)

    assert tokens.id_claims["sub"] == "a-person"
    assert tokens.refresh_token == "a-refresh-token"
    assert "a-refresh-token" not in repr(tokens)
    assert identity.forms[-1]["code_verifier"] == [request.code_verifier]
    pair = base64.b64decode(identity.authorizations[-1].removeprefix("Basic ")).decode()
    assert pair == "a-client:a%20secret%2Bwith%3Asigns"


@pytest.mark.parametrize(
    "answer",
    [
        {"code": "c", "state": "other", "iss": ISSUER},
        {"code": "c", "iss": ISSUER},
        {"code": "c", "state": "@", "iss": "http://evil.example"},
        {"code": "c", "state": "@"},
        {"error": "access_denied", "state": "@", "iss": ISSUER},
        {"state": "@", "iss": ISSUER},
    ],
)
async def test_an_answer_that_is_not_ours_is_refused(
    party: RelyingParty, identity: PretendedIdentity, answer: dict[str, str]
) -> None:
    request = await begin(party)
    answers_with(identity, request.nonce)
    with pytest.raises(SignInRefused):
        await party.complete({k: request.state if v == "@" else v for k, v in answer.items()}, request)
    assert not identity.forms


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "other"},
        {"aud": "another-client"},
        {"aud": ["a-client", "another-client"]},
        {"iss": "http://evil.example"},
        {"exp": 1},
        {"azp": "another-client"},
        {"at_hash": "AAAA"},
    ],
)
async def test_an_id_token_that_is_wrong_is_refused(
    party: RelyingParty, identity: PretendedIdentity, changes: dict[str, Any]
) -> None:
    request = await begin(party)
    answers_with(identity, request.nonce, **changes)
    with pytest.raises(SignInRefused):
        await party.complete({"code": "c", "state": request.state, "iss": ISSUER}, request)


async def test_no_means_token_refused_and_silence_means_unavailable(
    party: RelyingParty, identity: PretendedIdentity
) -> None:
    identity.answer = lambda form: (400, {"error": "invalid_grant"})
    with pytest.raises(TokenRefused) as refused:
        await party.refresh("rt")
    assert refused.value.error == "invalid_grant"

    identity.answer = lambda form: (503, {})
    with pytest.raises(IdentityUnavailable):
        await party.refresh("rt")
    identity.is_down = True
    with pytest.raises(IdentityUnavailable):
        await party.refresh("rt")


async def test_an_assertion_names_its_author_and_is_short_lived(
    party: RelyingParty, identity: PretendedIdentity
) -> None:
    key = ECKey.generate_key("P-256")
    identity.answer = lambda form: (
        200,
        {"access_token": "at", "token_type": "Bearer", "expires_in": 300, "scope": "bridge:reply"},
    )
    await party.exchange_for_author("author", audience="http://bridge", scope="bridge:reply", signing_key=key)
    form = identity.forms[-1]
    claims = jwt.decode(form["subject_token"][0], key, algorithms=["ES256"]).claims

    assert form["subject_token_type"] == ["urn:ietf:params:oauth:token-type:jwt"]
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("a-client", "author", ISSUER)
    assert claims["exp"] - claims["iat"] <= 60


async def test_own_tokens_are_kept_until_shortly_before_their_end(
    party: RelyingParty, identity: PretendedIdentity
) -> None:
    identity.answer = lambda form: (
        200, {"access_token": "at", "token_type": "Bearer", "expires_in": 300}
    )  # fmt: skip
    await party.client_credentials(resource="http://bridge", scope="bridge:changes")
    await party.client_credentials(resource="http://bridge", scope="bridge:changes")
    assert len(identity.forms) == 1


async def test_the_logout_address(party: RelyingParty) -> None:
    url = await party.end_session_url(id_token="x", back_to=f"{AUDIENCE}/", state="s")
    assert url.startswith(f"{ISSUER}/oauth/end-session?")
    assert parse_qs(urlsplit(url).query)["post_logout_redirect_uri"] == [f"{AUDIENCE}/"]
