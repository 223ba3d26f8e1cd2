"""Identity's public keys, fetched and kept."""

import asyncio
import base64
import json
import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet, RSAKey

from shared.oidc.errors import IdentityUnavailable, InvalidToken

ALGORITHMS = ("ES256", "RS256")
"""The only signatures believed (RFC 8725 section 3.1). A key is used with its own algorithm alone."""

_REFRESH_AFTER = 600.0
_RETRY_AFTER = 10.0
_OWN_KEY_HEADERS = frozenset({"jku", "jwk", "x5u", "x5c", "crit", "b64"})


class RemoteKeys:
    """The key set behind `jwks_url`.

    Read when first needed, read again after ten minutes, and when a token names a key that is not known;
    never more often than once in ten seconds, so that neither forged key ids nor a crowd of callers can make
    us hammer identity. When identity is silent, keys already known stay good.
    """

    def __init__(
        self, jwks_url: str, http: httpx.AsyncClient, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = jwks_url
        self._http = http
        self._clock = clock
        self._keys: dict[str, ECKey | RSAKey] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._lock = asyncio.Lock()

    async def find(self, kid: str) -> ECKey | RSAKey:
        """The key named `kid`. Raises InvalidToken when there is none, IdentityUnavailable when identity
        cannot be asked and nothing is known yet."""
        if self._is_fresh() and kid in self._keys:
            return self._keys[kid]
        async with self._lock:
            if not (self._is_fresh() and kid in self._keys) and self._may_try():
                await self._fetch()
        if kid in self._keys:
            return self._keys[kid]
        if self._fetched_at is None:
            raise IdentityUnavailable("no keys of identity are known yet")
        raise InvalidToken("unknown key")

    def _is_fresh(self) -> bool:
        return self._fetched_at is not None and self._clock() - self._fetched_at < _REFRESH_AFTER

    def _may_try(self) -> bool:
        return self._tried_at is None or self._clock() - self._tried_at >= _RETRY_AFTER

    async def _fetch(self) -> None:
        self._tried_at = self._clock()
        try:
            answer = await self._http.get(self._url, headers={"Accept": "application/json"})
            answer.raise_for_status()
            keys = _usable(answer.json())
        except (httpx.HTTPError, ValueError, TypeError, JoseError) as error:
            if self._fetched_at is None:
                raise IdentityUnavailable("identity's keys cannot be read") from error
            return
        self._keys = keys
        self._fetched_at = self._clock()


def _usable(document: Any) -> dict[str, ECKey | RSAKey]:
    keys: dict[str, ECKey | RSAKey] = {}
    for key in KeySet.import_key_set(document).keys:
        if key.kid and isinstance(key, ECKey | RSAKey):
            keys[key.kid] = key
    return keys


async def verified_payload(token: str, keys: RemoteKeys, *, types: frozenset[str]) -> dict[str, Any]:
    """The payload of `token` after its header and signature were checked; its claims are not checked yet.

    `types` are the values of the `typ` header that are believed, in lower case (RFC 8725 section 3.11).
    """
    header = read_header(token)
    if str(header.get("typ", "")).lower().removeprefix("application/") not in types:
        raise InvalidToken("type")
    kid = header.get("kid")
    if not isinstance(kid, str):
        raise InvalidToken("key id")
    key = await keys.find(kid)
    return check_signature(token, key, algorithm=algorithm_of(key))


def read_header(
    token: str, *, algorithms: Sequence[str] = ALGORITHMS, admitted: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The header of a compact signature, refused when it names an algorithm or key source we do not take.

    `admitted` are header parameters that name a key and are wanted all the same (`jwk` of a DPoP proof).
    """
    if not token.isascii() or len(token) > 16_384:
        raise InvalidToken("malformed")
    header = _decoded_header(token)
    if header.get("alg") not in algorithms:
        raise InvalidToken("algorithm")
    if (_OWN_KEY_HEADERS - admitted).intersection(header):
        raise InvalidToken("header")
    return header


def _decoded_header(token: str) -> dict[str, Any]:
    """By hand: joserfc takes no header of more than 512 bytes, and an RSA key in one is longer."""
    head, *rest = token.split(".")
    try:
        header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (ValueError, RecursionError):
        raise InvalidToken("malformed") from None
    if len(rest) != 2 or not isinstance(header, dict):
        raise InvalidToken("malformed")
    return header


def check_signature(token: str, key: Key, *, algorithm: str) -> dict[str, Any]:
    """The payload when `key` signed the token with exactly `algorithm`. Raises InvalidToken otherwise."""
    try:
        return dict(jwt.decode(token, key, algorithms=[algorithm]).claims)
    except (JoseError, ValueError, TypeError):
        raise InvalidToken("signature") from None


def algorithm_of(key: Key) -> str:
    """The one algorithm a key is used with."""
    return "RS256" if isinstance(key, RSAKey) else "ES256"
