"""Access tokens whose signature was checked already."""

import hashlib
from collections import OrderedDict
from typing import Any, Final

from identity_service.keys.service import KeyRing
from identity_service.protocol import tokens
from shared.oidc.keys import read_header

_MOST: Final = 4096
"""Tokens remembered; the one that was asked for longest ago goes first."""


class SeenTokens:
    """Services ask about the same token many times while it lives, and a signature once good stays good as
    long as its key is published. Kept by SHA-256, in memory alone; nothing but the signature is taken as
    known, so what a token is worth is looked up each time."""

    def __init__(self) -> None:
        self._payloads: OrderedDict[bytes, tuple[str, dict[str, Any]]] = OrderedDict()

    def read(self, keys: KeyRing, issuer: str, token: str) -> dict[str, Any]:
        """As `tokens.read_own` for an access token. Raises InvalidToken."""
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        kid, payload = self._payloads.get(digest, ("", {}))
        if payload and keys.find(kid) is not None:
            self._payloads.move_to_end(digest)
            return payload
        payload = tokens.read_own(keys, issuer, token, kind=tokens.ACCESS_TYPE)
        self._payloads[digest] = (str(read_header(token)["kid"]), payload)
        if len(self._payloads) > _MOST:
            self._payloads.popitem(last=False)
        return payload
