"""What clients sign with keys of their own: assertions (RFC 7523) and proofs (RFC 9449)."""

import base64
import json
from collections.abc import Mapping
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from shared.oidc.errors import InvalidToken

STRONG: Final = ("ES256", "PS256", "EdDSA", "Ed25519")
"""FAPI 2.0 section 5.4.1; the last two are two names of one signature (RFC 9864)."""
LEAST_RSA_BITS: Final = 2048
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


def key_of(jwk: object, algorithm: str) -> Key:
    """A public key, made for `algorithm`. Raises InvalidToken for a private one, and for one that is too
    weak or says that it is for something else."""
    if not isinstance(jwk, Mapping) or _PRIVATE.intersection(jwk):
        raise InvalidToken("key")
    if jwk.get("use", "sig") != "sig" or jwk.get("alg", algorithm) != algorithm:
        raise InvalidToken("key")
    try:
        return _IMPORTS[algorithm](dict(jwk))
    except (JoseError, KeyError, ValueError, TypeError):
        raise InvalidToken("key") from None


def _p256(jwk: dict[str, Any]) -> Key:
    if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
        raise ValueError("no key of P-256")
    return ECKey.import_key(jwk)


def _rsa(jwk: dict[str, Any]) -> Key:
    if jwk.get("kty") != "RSA":
        raise ValueError("no RSA key")
    key = RSAKey.import_key(jwk)
    if key.public_key.key_size < LEAST_RSA_BITS:
        raise ValueError("too short")
    return key


def _ed25519(jwk: dict[str, Any]) -> Key:
    if jwk.get("kty") != "OKP" or jwk.get("crv") != "Ed25519":
        raise ValueError("no key of Ed25519")
    return OKPKey.import_key(jwk)


_IMPORTS: Final = {"ES256": _p256, "PS256": _rsa, "RS256": _rsa, "EdDSA": _ed25519, "Ed25519": _ed25519}


class _Registry(jws.JWSRegistry):
    """Admits headers in which there is an RSA key."""

    max_header_length = 4_096


def payload_of(token: str, key: Key, *, algorithm: str) -> dict[str, Any]:
    """The claims, when `key` signed the token with exactly `algorithm`. Raises InvalidToken.

    Header parameters nobody knows are left alone (RFC 7515 section 4); `crit` was refused before.
    """
    registry = _Registry(algorithms=[algorithm], strict_check_header=False)
    try:
        claims = json.loads(jws.deserialize_compact(token, key, registry=registry).payload)
    except (JoseError, ValueError, TypeError, RecursionError):
        raise InvalidToken("signature") from None
    if not isinstance(claims, dict):
        raise InvalidToken("claims")
    return claims


def payload_unchecked(token: str) -> dict[str, Any]:
    """What a token says, to find out with whose key to check it. Raises InvalidToken."""
    parts = token.split(".")
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, ValueError, RecursionError):
        raise InvalidToken("malformed") from None
    if not isinstance(claims, dict):
        raise InvalidToken("claims")
    return claims


def seconds(claims: Mapping[str, Any], name: str) -> int | None:
    """A time among the claims, in seconds since 1970. Raises InvalidToken when it is no number."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:
        raise InvalidToken(f"claim {name}")
    return int(value)
