"""Secrets: made, hashed for keeping, sealed with the service's key."""

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class CannotUnseal(Exception):
    """The sealed bytes were made with another key, or changed."""


def new_secret() -> str:
    """256 random bits as URL-safe text."""
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """How a secret of ours is kept. Plain SHA-256 is enough for 256 random bits; passwords use argon2."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class Sealer:
    """Encrypts and derives with keys that all come from one secret; `purpose` keeps the uses apart."""

    def __init__(self, secret_key: str) -> None:
        self._root = hashlib.sha256(secret_key.encode()).digest()
        self._keys: dict[str, bytes] = {}

    def _key(self, purpose: str) -> bytes:
        key = self._keys.get(purpose)
        if key is None:
            key = self._keys[purpose] = hmac.digest(self._root, purpose.encode(), "sha256")
        return key

    def seal(self, plain: bytes, *, purpose: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self._key(purpose)).encrypt(nonce, plain, purpose.encode())

    def unseal(self, sealed: bytes, *, purpose: str) -> bytes:
        """Raises CannotUnseal."""
        nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return AESGCM(self._key(purpose)).decrypt(nonce, text, purpose.encode())
        except InvalidTag:
            raise CannotUnseal(purpose) from None

    def derive(self, text: str, *, purpose: str) -> bytes:
        """32 bytes that nobody can compute from `text` without the service's key."""
        return hmac.digest(self._key(purpose), text.encode(), "sha256")
