"""Signing (RFC 7515, compact serialization) with what is the same each time made beforehand."""

import base64
from collections.abc import Mapping
from typing import Any

import msgspec
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

_as_json = msgspec.json.Encoder().encode


class Signer:
    """One key and its one algorithm. joserfc signs; it would look for the algorithm, check the header and
    encode it for each token anew, which costs as much as the signature."""

    def __init__(self, key: ECKey | RSAKey, algorithm: str) -> None:
        self._key = key
        self._algorithm = algorithm
        self._model = JWSRegistry(algorithms=[algorithm]).get_alg(algorithm)
        self._heads: dict[str, bytes] = {}

    def sign(self, claims: Mapping[str, Any], kind: str) -> str:
        """A token of the type `kind` (header `typ`)."""
        head = self._heads.get(kind)
        if head is None:
            header = {"alg": self._algorithm, "typ": kind, "kid": self._key.kid}
            head = self._heads[kind] = _encoded(_as_json(header))
        signed = head + b"." + _encoded(_as_json(claims))
        return (signed + b"." + _encoded(self._model.sign(signed, self._key))).decode("ascii")


def _encoded(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")
