"""Tokens at rest: encrypted under the service's own secret, so that a copy of the table is worth nothing."""

import base64
import hashlib
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from shared.oidc.client import AuthorizationRequest, TokenSet


class Vault:
    """Encrypts what a browser session holds, and the state that waits in a cookie during sign-in."""

    def __init__(self, secret: str) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"vault:" + secret.encode()).digest()))

    def seal(self, value: dict[str, Any]) -> bytes:
        return self._fernet.encrypt(json.dumps(value).encode())

    def open(self, sealed: bytes | str, *, max_age: int | None = None) -> dict[str, Any] | None:
        """What was sealed, or None when it is not ours or older than `max_age` seconds."""
        try:
            value: dict[str, Any] = json.loads(self._fernet.decrypt(sealed, ttl=max_age))
        except InvalidToken:
            return None
        return value


def of_token_set(tokens: TokenSet) -> dict[str, Any]:
    return {
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
        "id_token": tokens.id_token,
    }


def of_request(request: AuthorizationRequest, *, realm: str, return_to: str) -> dict[str, Any]:
    return {
        "url": request.url,
        "state": request.state,
        "nonce": request.nonce,
        "code_verifier": request.code_verifier,
        "realm": realm,
        "return_to": return_to,
    }


def to_request(kept: dict[str, Any]) -> AuthorizationRequest:
    return AuthorizationRequest(kept["url"], kept["state"], kept["nonce"], kept["code_verifier"])
