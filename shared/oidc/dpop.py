"""Proofs that a caller holds a key (DPoP, RFC 9449)."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import unquote, urlsplit

from joserfc.jwk import Key

from shared.oidc.errors import InvalidProof, InvalidToken
from shared.oidc.keys import read_header
from shared.oidc.signed import STRONG, key_of, payload_of, seconds

WINDOW: Final = 60
"""Seconds by which the time of a proof may differ from ours, either way."""
_NOT_YET: Final = 10
_LONGEST_JTI: Final = 256
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof in order. `jkt` is the thumbprint of its key (RFC 7638), `id` what it is remembered by until
    `until` (seconds since 1970), when nobody takes it any more."""

    jkt: str
    id: str
    until: int


@dataclass(frozen=True, slots=True)
class Presented:
    """How a request came: its method, its path, and its `DPoP` headers."""

    method: str
    path: str
    proofs: tuple[str, ...]


class ProofMemory(Protocol):
    """Which proofs were taken already."""

    async def first(self, proof: Proof) -> bool:
        """True once for each proof, also when the same one comes twice at this very moment."""
        ...


class ProcessMemory:
    """Remembers in this process alone: enough where there is one."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._known: dict[str, int] = {}
        self._next_look = 0.0

    async def first(self, proof: Proof) -> bool:
        now = self._clock()
        if now >= self._next_look:
            self._known = {key: until for key, until in self._known.items() if until >= now}
            self._next_look = now + WINDOW
        if proof.id in self._known:
            return False
        self._known[proof.id] = proof.until
        return True


def read_proof(presented: Presented, *, base: str, now: float, access_token: str | None = None) -> Proof:
    """Check the one proof of a request to `base` + its path (section 4.3). Raises InvalidProof.

    With `access_token` the proof has to name it (`ath`). Whether it came before is the caller's to ask a
    `ProofMemory`.
    """
    if len(presented.proofs) != 1:
        raise InvalidProof("exactly one DPoP header is needed")
    try:
        key, claims = _signed(presented.proofs[0])
        issued, jti = seconds(claims, "iat"), claims.get("jti")
        _check_times(claims, issued, now)
    except InvalidToken as refusal:
        raise InvalidProof(refusal.reason) from None
    if not isinstance(jti, str) or not 0 < len(jti) <= _LONGEST_JTI or issued is None:
        raise InvalidProof("claim jti or iat")
    if claims.get("htm") != presented.method:
        raise InvalidProof("claim htm")
    if not _same_address(claims.get("htu"), base + presented.path):
        raise InvalidProof("claim htu")
    if access_token is not None and not _names(claims.get("ath"), access_token):
        raise InvalidProof("claim ath")
    jkt = key.thumbprint()
    return Proof(
        jkt, hashlib.sha256(f"{jkt}\0{jti}".encode("utf-8", "surrogatepass")).hexdigest(), issued + WINDOW
    )


def _signed(text: str) -> tuple[Key, dict[str, Any]]:
    header = read_header(text, algorithms=STRONG, admitted=frozenset({"jwk"}))
    if header.get("typ") != "dpop+jwt":
        raise InvalidToken("type")
    algorithm = str(header["alg"])
    key = key_of(header.get("jwk"), algorithm)
    return key, payload_of(text, key, algorithm=algorithm)


def _check_times(claims: dict[str, Any], issued: int | None, now: float) -> None:
    ends, begins = seconds(claims, "exp"), seconds(claims, "nbf")
    if issued is None or abs(now - issued) > WINDOW:
        raise InvalidToken("claim iat")
    if (ends is not None and ends <= now) or (begins is not None and begins > now + _NOT_YET):
        raise InvalidToken("claim exp or nbf")


def _names(ath: object, access_token: str) -> bool:
    digest = hashlib.sha256(access_token.encode("utf-8", "surrogatepass")).digest()
    expected = base64.urlsafe_b64encode(digest).rstrip(b"=")
    return isinstance(ath, str) and hmac.compare_digest(ath.encode("utf-8", "surrogatepass"), expected)


def _same_address(given: object, ours: str) -> bool:
    """Without query and fragment, after normalisation of syntax and scheme (section 4.3, RFC 3986 section
    6.2)."""
    if not isinstance(given, str) or len(given) > 2_000:
        return False
    try:
        return _normal(given) == _normal(ours)
    except ValueError:
        return False


def _normal(address: str) -> tuple[str, str, int | None, str]:
    parts = urlsplit(address)
    if parts.username is not None:
        raise ValueError("no user belongs there")
    scheme = parts.scheme.lower()
    port = parts.port or _DEFAULT_PORTS.get(scheme)
    return scheme, (parts.hostname or "").lower(), port, unquote(parts.path) or "/"
