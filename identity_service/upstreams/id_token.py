"""Checking a provider's id_token (OpenID Connect Core section 3.1.3.7, RFC 8725)."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from identity_service.sealing import hashed
from shared.oidc.errors import InvalidToken
from shared.oidc.signed import key_of, payload_of, seconds

ALGORITHMS: Final = ("ES256", "PS256", "RS256")
"""The only signatures believed, whatever a token or a provider says."""
LEEWAY: Final = 60
"""Seconds by which a provider's clock may differ."""
_TYPES: Final = frozenset({"", "jwt"})
_LONGEST_SUBJECT: Final = 255


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the answer to one question has to say."""

    nonce_hash: str
    needs_auth_after: datetime | None
    now: datetime


def claims_of(
    token: str,
    header: Mapping[str, Any],
    keys: Sequence[Mapping[str, Any]],
    issuer: str,
    client_id: str,
    wanted: Wanted,
) -> dict[str, Any]:
    """The claims of a token that may be believed. Raises InvalidToken, with a short word why."""
    if str(header.get("typ", "")).lower().removeprefix("application/") not in _TYPES:
        raise InvalidToken("type")
    algorithm = header["alg"]
    claims = payload_of(token, key_of(_key(keys, header), algorithm), algorithm=algorithm)
    _check_parties(claims, issuer, client_id)
    _check_times(claims, wanted)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(hashed(nonce), wanted.nonce_hash):
        raise InvalidToken("nonce")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= _LONGEST_SUBJECT or "\0" in subject:
        raise InvalidToken("claim sub")
    return claims


def _key(keys: Sequence[Mapping[str, Any]], header: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The key that is named; the only one there, when none is (section 10.1)."""
    if "kid" not in header:
        return keys[0] if len(keys) == 1 else None
    return next((key for key in keys if key.get("kid") == header["kid"]), None)


def _check_parties(claims: Mapping[str, Any], issuer: str, client_id: str) -> None:
    if claims.get("iss") != issuer:
        raise InvalidToken("issuer")
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if client_id not in audiences:
        raise InvalidToken("audience")
    if len(audiences) > 1 and "azp" not in claims:
        raise InvalidToken("claim azp")
    if claims.get("azp", client_id) != client_id:
        raise InvalidToken("claim azp")


def _check_times(claims: Mapping[str, Any], wanted: Wanted) -> None:
    now = wanted.now.timestamp()
    ends, made = seconds(claims, "exp"), seconds(claims, "iat")
    if ends is None or ends <= now - LEEWAY:
        raise InvalidToken("expired")
    if made is None or made > now + LEEWAY:
        raise InvalidToken("claim iat")
    if wanted.needs_auth_after is not None:
        proved = seconds(claims, "auth_time")
        if proved is None or proved < wanted.needs_auth_after.timestamp() - LEEWAY:
            raise InvalidToken("claim auth_time")


def proved_at(
    claims: Mapping[str, Any], needs_auth_after: datetime | None, now: datetime, *, unknown: timedelta
) -> datetime:
    """When the person proved who they are, by our clock; `unknown` ago where the provider does not say."""
    said = seconds(claims, "auth_time")
    if said is None:
        return (now - unknown).replace(microsecond=0)
    at = min(datetime.fromtimestamp(said, now.tzinfo), now)
    return max(at, needs_auth_after or at).replace(microsecond=0)
