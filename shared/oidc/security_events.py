"""Hearing what happened to sessions and accounts: security event tokens (RFC 8417) by poll (RFC 8936)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import httpx
import structlog

from shared.oidc.endpoint import IdentityEndpoints
from shared.oidc.errors import IdentityUnavailable, InvalidToken
from shared.oidc.keys import RemoteKeys, verified_payload
from shared.oidc.names import EventKind

MOST: Final = 100
"""Events asked for at once."""
_TYPES: Final = frozenset({"secevent+jwt"})
_REASONS: Final = {"issuer": "invalid_issuer", "audience": "invalid_audience", "signature": "invalid_key"}
"""Error codes of RFC 8935 section 2.4; everything else is `invalid_request`."""

log = structlog.get_logger("security_events")


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    """One thing that happened. Without `sid` it concerns every session of the account `sub`.

    `at` is when it happened, by identity's clock. `claims` are new values for tokens, if that is the event.
    """

    id: UUID
    kind: EventKind
    sub: str
    sid: str | None
    at: datetime
    claims: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answers:
    """What the next poll says about the events of the last one: acknowledged, or why not usable."""

    acknowledged: Sequence[str] = ()
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a poll brought: events in the order in which they happened, and errors by `jti`."""

    events: Sequence[SecurityEvent]
    errors: Mapping[str, str]


class SecurityEvents:
    """The events for one client of identity. Every method may raise IdentityUnavailable."""

    def __init__(
        self, *, issuer: str, internal_url: str, client_id: str, client_secret: str, http: httpx.AsyncClient
    ) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._endpoints = IdentityEndpoints(issuer, internal_url, http, client_id, client_secret)
        self._keys = RemoteKeys(f"{internal_url.rstrip('/')}/.well-known/jwks.json", http)

    async def poll(self, answers: Answers) -> Heard:
        """Say what became of the last events, and take the next."""
        document = await self._endpoints.security_events(
            {
                "maxEvents": MOST,
                "returnImmediately": True,
                "ack": list(answers.acknowledged),
                "setErrs": {
                    jti: {"err": error, "description": "refused"} for jti, error in answers.errors.items()
                },
            }
        )
        sets = document.get("sets")
        if not isinstance(sets, dict):
            raise IdentityUnavailable("identity answered a poll without `sets`")
        events, errors = [], {}
        for jti, token in sets.items():
            try:
                events.append(await self._read(jti, token))
            except InvalidToken as refusal:
                log.warning("event not believed", because=refusal.reason)
                if refusal.reason != "unknown key":  # A key made a moment ago: the event comes again.
                    errors[jti] = _REASONS.get(refusal.reason, "invalid_request")
        return Heard(events, errors)

    async def _read(self, jti: str, token: object) -> SecurityEvent:
        """The event of a token that is meant for us. Raises InvalidToken."""
        if not isinstance(token, str):
            raise InvalidToken("malformed")
        payload = await verified_payload(token, self._keys, types=_TYPES)
        if payload.get("iss") != self._issuer:
            raise InvalidToken("issuer")
        if payload.get("aud") not in (self._client_id, [self._client_id]):
            raise InvalidToken("audience")
        if payload.get("jti") != jti:
            raise InvalidToken("jti")
        return _event(payload, self._issuer)


def _event(payload: Mapping[str, Any], issuer: str) -> SecurityEvent:
    events = payload.get("events")
    if not isinstance(events, dict) or len(events) != 1:
        raise InvalidToken("events")
    ((name, about),) = events.items()
    if not isinstance(about, dict) or name not in list(EventKind):
        raise InvalidToken("event")
    sub, sid = _subject(payload.get("sub_id"), issuer)
    claims = about.get("claims", {})
    if not isinstance(claims, dict):
        raise InvalidToken("claims")
    try:
        return SecurityEvent(UUID(payload["jti"]), EventKind(name), sub, sid, _time(about, payload), claims)
    except (ValueError, TypeError):
        raise InvalidToken("jti") from None


def _subject(sub_id: object, issuer: str) -> tuple[str, str | None]:
    """RFC 9493: an account by issuer and `sub` (3.2.4), or that with a session (3.3)."""
    user, sid = sub_id, None
    if isinstance(sub_id, dict) and sub_id.get("format") == "complex":
        user, session = sub_id.get("user"), sub_id.get("session")
        if session is not None:
            if not isinstance(session, dict) or session.get("format") != "opaque":
                raise InvalidToken("session")
            sid = _text(session.get("id"))
    if not isinstance(user, dict) or user.get("format") != "iss_sub" or user.get("iss") != issuer:
        raise InvalidToken("subject")
    return _text(user.get("sub")), sid


def _text(value: object) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        raise InvalidToken("subject")
    return value


def _time(about: Mapping[str, Any], payload: Mapping[str, Any]) -> datetime:
    """When it happened: `event_timestamp` (CAEP section 2), else when the token was made. In seconds."""
    value = about.get("event_timestamp", payload.get("iat"))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidToken("time")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        raise InvalidToken("time") from None
