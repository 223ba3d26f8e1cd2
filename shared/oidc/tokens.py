"""Believing access tokens: RFC 9068 section 4, with fixed algorithms."""

import hashlib
import time
from collections.abc import Callable

import httpx

from shared.oidc.claims import Claims
from shared.oidc.dpop import Presented, ProcessMemory, ProofMemory, read_proof
from shared.oidc.errors import InvalidProof, InvalidToken
from shared.oidc.keys import RemoteKeys, verified_payload

_ACCESS_TOKEN = frozenset({"at+jwt"})
BOUND = "bound to a key"
"""Why a token is refused that came without the proof it needs."""
_REMEMBER_SECONDS = 60
_REMEMBER_COUNT = 10_000


class TokenVerifier:
    """Checks access tokens meant for one audience.

    A token once checked is remembered by its SHA-256 for up to 60 seconds and never beyond its end, since
    checking a signature costs more than a hot read. What ends a token early (a person who left) is the
    caller's to look up on each request; it must not rely on this memory.
    """

    def __init__(
        self,
        issuer: str,
        jwks_url: str,
        audience: str,
        http: httpx.AsyncClient,
        *,
        clock: Callable[[], float] = time.time,
        leeway: int = 5,
        proofs: ProofMemory | None = None,
    ) -> None:
        self.issuer = issuer
        self.audience = audience
        self._keys = RemoteKeys(jwks_url, http)
        self._clock = clock
        self._leeway = leeway
        self._proofs = proofs or ProcessMemory(clock)
        self._known: dict[bytes, tuple[Claims, float]] = {}

    async def verify(self, token: str) -> Claims:
        """The claims of a bearer token. Raises InvalidToken with a reason, also when the token is bound to a
        key (RFC 9449 section 7.2); IdentityUnavailable when no key of identity could be read yet."""
        now = self._clock()
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        known = self._known.get(digest)
        if known is not None and now < known[1]:
            return known[0]
        claims = await self._check(token, now)
        if claims.jkt is not None:
            raise InvalidToken(BOUND)
        self._remember(digest, claims, now)
        return claims

    async def verify_bound(self, token: str, presented: Presented) -> Claims:
        """The claims of a token that came as `Authorization: DPoP`, with a proof of the key to which it is
        bound (section 7.1). Raises as `verify`, and InvalidProof for the proof."""
        now = self._clock()
        proof = read_proof(presented, base=self.audience, now=now, access_token=token)
        claims = await self._check(token, now)
        if claims.jkt is None:
            raise InvalidToken("not bound to a key")
        if claims.jkt != proof.jkt:
            raise InvalidProof("another key")
        if not await self._proofs.first(proof):
            raise InvalidProof("used before")
        return claims

    async def _check(self, token: str, now: float) -> Claims:
        payload = await verified_payload(token, self._keys, types=_ACCESS_TOKEN)
        if payload.get("iss") != self.issuer:
            raise InvalidToken("issuer")
        if payload.get("aud") != self.audience:
            raise InvalidToken("audience")
        claims = Claims.of_payload(payload)
        if claims.exp <= now:
            raise InvalidToken("expired")
        if claims.iat > now + self._leeway:
            raise InvalidToken("issued in the future")
        if isinstance(payload.get("nbf"), int) and payload["nbf"] > now + self._leeway:
            raise InvalidToken("not yet valid")
        return claims

    def _remember(self, digest: bytes, claims: Claims, now: float) -> None:
        if len(self._known) >= _REMEMBER_COUNT:
            self._known = {key: kept for key, kept in self._known.items() if kept[1] > now}
        if len(self._known) >= _REMEMBER_COUNT:
            self._known.clear()
        self._known[digest] = (claims, min(float(claims.exp), now + _REMEMBER_SECONDS))
