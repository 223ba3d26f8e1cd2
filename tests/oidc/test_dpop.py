"""Tokens bound to a key at our APIs (RFC 9449 sections 4.3, 7.1, 7.2)."""

import asyncio
import time
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from shared.oidc import InvalidProof, InvalidToken, Presented, TokenVerifier
from tests.fixtures.dpop import KeyHolder, ath, signed
from tests.oidc.conftest import AUDIENCE, INTERNAL, ISSUER, PretendedIdentity

PATH = "/api/v1/topics"
URL = AUDIENCE + PATH


@pytest.fixture
def verifier(http: httpx.AsyncClient) -> TokenVerifier:
    return TokenVerifier(ISSUER, f"{INTERNAL}/.well-known/jwks.json", AUDIENCE, http)


@pytest.fixture
def holder() -> KeyHolder:
    return KeyHolder()


@pytest.fixture
def token(identity: PretendedIdentity, holder: KeyHolder) -> str:
    return identity.sign(cnf={"jkt": holder.jkt})


def shown(*proofs: str, method: str = "GET") -> Presented:
    return Presented(method, PATH, proofs)


def from_now(changes: dict[str, Any]) -> dict[str, Any]:
    """Times are said in seconds from the moment of the test: tests are collected long before they run."""
    now = int(time.time())
    return {
        name: now + value if name in ("iat", "exp", "nbf") and type(value) is int else value
        for name, value in changes.items()
    }


@pytest.mark.parametrize(
    "key",
    [ECKey.generate_key("P-256"), RSAKey.generate_key(2048), OKPKey.generate_key("Ed25519")],
    ids=["ES256", "PS256", "EdDSA"],
)
async def test_a_bound_token_is_good_with_a_proof_of_its_key(
    verifier: TokenVerifier, identity: PretendedIdentity, key: Key
) -> None:
    holder = KeyHolder(key)
    token = identity.sign(cnf={"jkt": holder.jkt})
    claims = await verifier.verify_bound(token, shown(holder.proof("GET", URL, token=token)))
    assert (claims.sub, claims.jkt) == ("a-person", holder.jkt)


async def test_a_bound_token_is_no_bearer_token_also_after_it_was_believed(
    verifier: TokenVerifier, holder: KeyHolder, token: str
) -> None:
    for _ in range(2):
        with pytest.raises(InvalidToken, match="bound to a key"):
            await verifier.verify(token)
        await verifier.verify_bound(token, shown(holder.proof("GET", URL, token=token)))


async def test_a_bearer_token_is_not_taken_with_a_proof(
    verifier: TokenVerifier, identity: PretendedIdentity, holder: KeyHolder
) -> None:
    bearer = identity.sign()
    await verifier.verify(bearer)
    with pytest.raises(InvalidToken, match="not bound"):
        await verifier.verify_bound(bearer, shown(holder.proof("GET", URL, token=bearer)))


async def test_another_binding_than_ours_is_refused(
    verifier: TokenVerifier, identity: PretendedIdentity
) -> None:
    with pytest.raises(InvalidToken, match="claim jkt"):
        await verifier.verify(identity.sign(cnf={"x5t#S256": "a certificate"}))


async def test_another_key_is_refused(verifier: TokenVerifier, token: str) -> None:
    with pytest.raises(InvalidProof, match="another key"):
        await verifier.verify_bound(token, shown(KeyHolder().proof("GET", URL, token=token)))


async def test_a_proof_is_good_once_also_at_the_same_moment(
    verifier: TokenVerifier, holder: KeyHolder, token: str
) -> None:
    proof = holder.proof("GET", URL, token=token)
    answers = await asyncio.gather(
        *(verifier.verify_bound(token, shown(proof)) for _ in range(4)), return_exceptions=True
    )
    assert sum(not isinstance(answer, Exception) for answer in answers) == 1
    with pytest.raises(InvalidProof, match="used before"):
        await verifier.verify_bound(token, shown(proof))


@pytest.mark.parametrize("count", [0, 2])
async def test_exactly_one_proof(verifier: TokenVerifier, holder: KeyHolder, token: str, count: int) -> None:
    proofs = [holder.proof("GET", URL, token=token) for _ in range(count)]
    with pytest.raises(InvalidProof, match="exactly one"):
        await verifier.verify_bound(token, shown(*proofs))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"jti": None}, "jti"),
        ({"jti": ""}, "jti"),
        ({"jti": "x" * 300}, "jti"),
        ({"jti": 7}, "jti"),
        ({"htm": None}, "htm"),
        ({"htm": "PUT"}, "htm"),
        ({"htm": "get"}, "htm"),
        ({"htu": None}, "htu"),
        ({"htu": AUDIENCE}, "htu"),
        ({"htu": f"{URL}/"}, "htu"),
        ({"htu": URL.replace("8001", "8002")}, "htu"),
        ({"htu": URL.replace("http:", "https:")}, "htu"),
        ({"htu": "http://[" + "x" * 10}, "htu"),
        ({"iat": None}, "iat"),
        ({"iat": "now"}, "iat"),
        ({"iat": True}, "iat"),
        ({"iat": -3600}, "iat"),
        ({"iat": 3600}, "iat"),
        ({"exp": -5}, "exp"),
        ({"nbf": 300}, "nbf"),
        ({"ath": None}, "ath"),
        ({"ath": ath("another token")}, "ath"),
        ({"ath": 7}, "ath"),
    ],
)
async def test_a_claim_of_a_proof_that_is_wrong(
    verifier: TokenVerifier, holder: KeyHolder, token: str, changes: dict[str, Any], reason: str
) -> None:
    proof = holder.proof("GET", URL, token=token, **from_now(changes))
    with pytest.raises(InvalidProof, match=reason):
        await verifier.verify_bound(token, shown(proof))


@pytest.mark.parametrize(
    "changes",
    [
        {"htu": f"{URL}?page=2#end"},
        {"htu": URL.replace("http://localhost", "HTTP://LOCALHOST")},
        {"htu": URL.replace("topics", "%74opics")},
        {"iat": -10},
        {"iat": 10},
        {"exp": 300, "nbf": 0},
        {"something": "else"},
    ],
)
async def test_what_is_within_bounds_is_taken(
    verifier: TokenVerifier, holder: KeyHolder, token: str, changes: dict[str, Any]
) -> None:
    proof = holder.proof("GET", URL, token=token, **from_now(changes))
    assert (await verifier.verify_bound(token, shown(proof))).sub == "a-person"


@pytest.mark.parametrize(
    "header",
    [
        {"typ": None},
        {"typ": "JWT"},
        {"typ": "at+jwt"},
        {"jwk": None},
        {"jwk": "a key"},
        {"jwk": {"kty": "oct", "k": "c2VjcmV0"}},
        {"jwk": ECKey.generate_key("P-256").as_dict(private=False)},
        {"jku": "https://keys.example/"},
        {"crit": ["b64"]},
    ],
)
async def test_a_header_that_is_wrong(
    verifier: TokenVerifier, holder: KeyHolder, token: str, header: dict[str, Any]
) -> None:
    proof = holder.proof("GET", URL, token=token, header=header)
    with pytest.raises(InvalidProof):
        await verifier.verify_bound(token, shown(proof))


async def test_an_unknown_header_parameter_is_left_alone(
    verifier: TokenVerifier, holder: KeyHolder, token: str
) -> None:
    proof = holder.proof("GET", URL, token=token, header={"colour": "blue"})
    assert (await verifier.verify_bound(token, shown(proof))).sub == "a-person"


async def test_a_private_key_in_the_proof_is_refused(
    verifier: TokenVerifier, holder: KeyHolder, token: str
) -> None:
    proof = holder.proof("GET", URL, token=token, header={"jwk": holder.key.as_dict(private=True)})
    with pytest.raises(InvalidProof, match="key"):
        await verifier.verify_bound(token, shown(proof))


async def test_weak_signatures_are_refused(verifier: TokenVerifier, identity: PretendedIdentity) -> None:
    rsa, secret = RSAKey.generate_key(2048), OctKey.generate_key(256)
    claims = {"jti": "1", "htm": "GET", "htu": URL, "iat": int(time.time())}
    token = identity.sign(cnf={"jkt": rsa.thumbprint()})
    public = rsa.as_dict(private=False)
    for algorithm, key in (("RS256", rsa), ("HS256", secret)):
        head = {"typ": "dpop+jwt", "alg": algorithm, "jwk": public}
        with pytest.raises(InvalidProof, match="algorithm"):
            await verifier.verify_bound(token, shown(signed(head, claims | {"ath": ath(token)}, key)))


@pytest.mark.parametrize("text", ["", "x", "x.y.z", "é.é.é", "a.b.c, d.e.f"])
async def test_what_is_no_proof_at_all(verifier: TokenVerifier, token: str, text: str) -> None:
    with pytest.raises(InvalidProof):
        await verifier.verify_bound(token, shown(text))


async def test_a_broken_signature_is_refused(verifier: TokenVerifier, holder: KeyHolder, token: str) -> None:
    head, claims, _ = holder.proof("GET", URL, token=token).split(".")
    other = holder.proof("GET", URL, token=token).rpartition(".")[2]
    with pytest.raises(InvalidProof, match="signature"):
        await verifier.verify_bound(token, shown(f"{head}.{claims}.{other}"))
