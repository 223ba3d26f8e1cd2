"""Signing (RFC 7515, compact serialization) with what is the same each time made beforehand."""

import binascii
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

_as_json = msgspec.json.Encoder().encode
_Sign = Callable[[bytes], bytes]
_ES256: Final = ec.ECDSA(hashes.SHA256())
_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")


class Signer:
    """One key and its one algorithm. What joserfc finds out for each token anew (the algorithm, the header,
    what the key may be used for) costs as much as the signature."""

    def __init__(self, key: ECKey | RSAKey, algorithm: str) -> None:
        self._kid = key.kid
        self._algorithm = algorithm
        self._sign = _by_curve(key.private_key) if isinstance(key, ECKey) else _by_joserfc(key, algorithm)
        self._heads: dict[str, bytes] = {}

    def sign(self, claims: Mapping[str, Any], kind: str) -> str:
        """A token of the type `kind` (header `typ`)."""
        head = self._heads.get(kind)
        if head is None:
            header = {"alg": self._algorithm, "typ": kind, "kid": self._kid}
            head = self._heads[kind] = _encoded(_as_json(header)) + b"."
        signed = head + _encoded(_as_json(claims))
        return (signed + b"." + _encoded(self._sign(signed))).decode("ascii")


def _by_curve(key: ec.EllipticCurvePrivateKey | None) -> _Sign:
    """ES256: R and S of 32 octets each (RFC 7518 section 3.4)."""
    assert key is not None, "it signs"

    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(message, _ES256))
        return r.to_bytes(32) + s.to_bytes(32)

    return sign


def _by_joserfc(key: RSAKey, algorithm: str) -> _Sign:
    model = JWSRegistry(algorithms=[algorithm]).get_alg(algorithm)
    return lambda message: model.sign(message, key)


def _encoded(raw: bytes) -> bytes:
    return binascii.b2a_base64(raw, newline=False).translate(_URL_SAFE, b"=")
