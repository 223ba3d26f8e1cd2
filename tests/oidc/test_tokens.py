"""Which tokens are believed (docs/security.md 8 to 10; RFC 8725, RFC 9068)."""

import base64
import hmac
import json
import time
from typing import Any

import httpx
import pytest
from joserfc import jws
from joserfc.jwk import ECKey

from shared.oidc import Act, IdentityUnavailable, InvalidToken, Realm, TokenVerifier
from shared.oidc.keys import RemoteKeys
from tests.oidc.conftest import AUDIENCE, INTERNAL, ISSUER, PretendedIdentity

JWKS = f"{INTERNAL}/.well-known/jwks.json"


def base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def part(value: dict[str, Any]) -> str:
    return base64url(json.dumps(value).encode())


@pytest.fixture
def verifier(http: httpx.AsyncClient) -> TokenVerifier:
    return TokenVerifier(ISSUER, JWKS, AUDIENCE, http)


async def test_a_good_token_gives_typed_claims(verifier: TokenVerifier, identity: PretendedIdentity) -> None:
    claims = await verifier.verify(identity.sign(act={"sub": "employee-community"}, sid="s1"))

    assert claims.realm is Realm.STAFF
    assert claims.roles == {"community_manager"}
    assert claims.allows("community:read", "community:write")
    assert not claims.allows("bridge:read")
    assert claims.act == Act("employee-community")
    assert (claims.sub, claims.sid, claims.name) == ("a-person", "s1", "Ada")


async def test_rs256_is_believed_with_an_rsa_key(
    verifier: TokenVerifier, identity: PretendedIdentity
) -> None:
    assert (await verifier.verify(identity.sign(key=identity.rsa))).sub == "a-person"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "http://localhost:9999"}, "issuer"),
        ({"aud": "http://localhost:8002"}, "audience"),
        ({"aud": [AUDIENCE]}, "audience"),
        ({"aud": [AUDIENCE, "http://localhost:8002"]}, "audience"),
        ({"aud": None}, "audience"),
        ({"exp": int(time.time()) - 1}, "expired"),
        ({"exp": None}, "claim exp"),
        ({"exp": True}, "claim exp"),
        ({"iat": int(time.time()) + 3600}, "issued in the future"),
        ({"nbf": int(time.time()) + 3600}, "not yet valid"),
        ({"sub": None}, "claim sub"),
        ({"sub": 7}, "claim sub"),
        ({"client_id": None}, "claim client_id"),
        ({"realm": "everyone"}, "claim realm"),
        ({"roles": "admin"}, "claim roles"),
        ({"scope": ["community:read"]}, "claim scope"),
        ({"act": "employee-community"}, "claim act"),
    ],
)
async def test_a_claim_that_is_wrong(
    verifier: TokenVerifier, identity: PretendedIdentity, changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InvalidToken) as refused:
        await verifier.verify(identity.sign(**changes))
    assert refused.value.reason == reason


@pytest.mark.parametrize("typ", ["JWT", "logout+jwt", "secevent+jwt", ""])
async def test_9_another_kind_of_token_is_no_access_token(
    verifier: TokenVerifier, identity: PretendedIdentity, typ: str
) -> None:
    with pytest.raises(InvalidToken, match="type"):
        await verifier.verify(identity.sign(header={"typ": typ}))


async def test_10_none_is_refused(verifier: TokenVerifier, identity: PretendedIdentity) -> None:
    token = f"{part({'alg': 'none', 'typ': 'at+jwt', 'kid': identity.ec.kid})}.{part(identity.claims())}."
    with pytest.raises(InvalidToken, match="algorithm"):
        await verifier.verify(token)


async def test_10_hs256_with_the_public_key_is_refused(
    verifier: TokenVerifier, identity: PretendedIdentity
) -> None:
    header = {"alg": "HS256", "typ": "at+jwt", "kid": identity.rsa.kid}
    signed = f"{part(header)}.{part(identity.claims())}"
    mac = hmac.digest(identity.rsa.as_pem(private=False), signed.encode(), "sha256")
    token = f"{signed}.{base64url(mac)}"
    with pytest.raises(InvalidToken, match="algorithm"):
        await verifier.verify(token)


@pytest.mark.parametrize("name", ["jku", "x5u", "jwk"])
async def test_10_a_token_that_brings_its_own_key_is_refused(
    verifier: TokenVerifier, identity: PretendedIdentity, name: str
) -> None:
    stranger = ECKey.generate_key("P-256", auto_kid=True)
    value: Any = stranger.as_dict(private=False) if name == "jwk" else "https://localhost/keys"
    with pytest.raises(InvalidToken):
        await verifier.verify(identity.sign(key=stranger, header={name: value}))
    with pytest.raises(InvalidToken, match="header"):
        await verifier.verify(identity.sign(header={name: value}))


async def test_a_strangers_signature_under_our_key_id_is_refused(
    verifier: TokenVerifier, identity: PretendedIdentity
) -> None:
    stranger = ECKey.generate_key("P-256")
    with pytest.raises(InvalidToken, match="signature"):
        await verifier.verify(identity.sign(key=stranger, header={"kid": identity.ec.kid}))


async def test_an_ec_key_named_for_an_rsa_signature_is_refused(
    verifier: TokenVerifier, identity: PretendedIdentity
) -> None:
    with pytest.raises(InvalidToken, match="signature"):
        await verifier.verify(identity.sign(key=identity.rsa, header={"kid": identity.ec.kid}))


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "é.é.é", ".." * 10, "x" * 20_000])
async def test_rubbish_is_refused(verifier: TokenVerifier, token: str) -> None:
    with pytest.raises(InvalidToken, match="malformed"):
        await verifier.verify(token)


async def test_a_payload_that_is_no_object_is_refused(
    verifier: TokenVerifier, identity: PretendedIdentity
) -> None:
    header = {"alg": "ES256", "kid": identity.ec.kid, "typ": "at+jwt"}
    with pytest.raises(InvalidToken):
        await verifier.verify(jws.serialize_compact(header, b"[1]", identity.ec, algorithms=["ES256"]))


async def test_a_checked_token_is_remembered_for_a_minute(
    http: httpx.AsyncClient, identity: PretendedIdentity, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [time.time()]
    verifier = TokenVerifier(ISSUER, JWKS, AUDIENCE, http, clock=lambda: now[0])
    token = identity.sign(exp=int(now[0]) + 90)
    first = await verifier.verify(token)

    now[0] += 59
    assert await verifier.verify(token) is first
    now[0] += 2
    again = await verifier.verify(token)
    assert again is not first
    now[0] += 30
    with pytest.raises(InvalidToken, match="expired"):
        await verifier.verify(token)


async def test_a_new_key_is_found_and_unknown_keys_do_not_hammer_identity(
    http: httpx.AsyncClient, identity: PretendedIdentity
) -> None:
    now = [1000.0]
    keys = RemoteKeys(JWKS, http, clock=lambda: now[0])
    assert identity.ec.kid is not None
    await keys.find(identity.ec.kid)
    for _ in range(20):
        with pytest.raises(InvalidToken, match="unknown key"):
            await keys.find("forged")
    assert identity.key_reads == 1

    fresh = ECKey.generate_key("P-256", auto_kid=True)
    identity.published.append(fresh)
    now[0] += 11
    assert fresh.kid is not None
    assert (await keys.find(fresh.kid)).kid == fresh.kid
    assert identity.key_reads == 2


async def test_known_keys_stay_good_while_identity_is_silent(
    http: httpx.AsyncClient, identity: PretendedIdentity
) -> None:
    now = [1000.0]
    keys = RemoteKeys(JWKS, http, clock=lambda: now[0])
    identity.is_down = True
    for _ in range(5):
        with pytest.raises(IdentityUnavailable):
            await keys.find(str(identity.ec.kid))
    assert identity.calls == 1, "once in ten seconds, also before the first success"

    identity.is_down = False
    with pytest.raises(IdentityUnavailable):
        await keys.find(str(identity.ec.kid))
    now[0] += 10
    await keys.find(str(identity.ec.kid))
    identity.is_down = True
    now[0] += 3600
    assert (await keys.find(str(identity.ec.kid))).kid == identity.ec.kid
