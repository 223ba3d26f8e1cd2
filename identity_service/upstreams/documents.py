"""What providers say about themselves (OpenID Connect Discovery 1.0), kept for ten minutes."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import structlog

from identity_service.outgoing import CannotCall, Heard, Outgoing
from identity_service.upstreams.errors import UpstreamSilent

FRESH_SECONDS: Final = 600
_NEEDED: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")

log = structlog.get_logger("upstreams")


@dataclass(frozen=True, slots=True)
class Metadata:
    """Where a provider is asked. `names_itself`: its answers carry `iss` (RFC 9207)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    names_itself: bool


class Documents:
    """Reads them with the guard of `Outgoing`, outside of any transaction. While a provider is silent, what
    it said before stays good."""

    def __init__(self, outgoing: Outgoing, clock: Callable[[], float]) -> None:
        self._outgoing = outgoing
        self._clock = clock
        self._kept: dict[str, tuple[Metadata, float]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def of(self, issuer: str) -> Metadata:
        """Raises UpstreamSilent when nothing is known."""
        async with self._locks.setdefault(issuer, asyncio.Lock()):
            kept = self._kept.get(issuer)
            if kept is not None and self._clock() - kept[1] < FRESH_SECONDS:
                return kept[0]
            try:
                found = await self._read(issuer)
            except CannotCall as refusal:
                log.warning("provider not read", issuer=issuer, because=str(refusal))
                if kept is not None:
                    return kept[0]
                raise UpstreamSilent from None
            self._kept[issuer] = found, self._clock()
            return found

    async def _read(self, issuer: str) -> Metadata:
        """Section 4.3: the document names exactly the issuer that was asked. Raises CannotCall."""
        address = issuer.rstrip("/") + "/.well-known/openid-configuration"
        document = json_object(await self._outgoing.get(address))
        if document.get("issuer") != issuer:
            raise CannotCall("names another issuer")
        if not all(_is_address(document.get(name), issuer) for name in _NEEDED):
            raise CannotCall("lacks an endpoint")
        userinfo = document.get("userinfo_endpoint")
        return Metadata(
            issuer=issuer,
            authorization_endpoint=document["authorization_endpoint"],
            token_endpoint=document["token_endpoint"],
            jwks_uri=document["jwks_uri"],
            userinfo_endpoint=str(userinfo) if _is_address(userinfo, issuer) else "",
            names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        )


def json_object(heard: Heard, *, statuses: frozenset[int] = frozenset({200})) -> Mapping[str, Any]:
    """The object in an answer. Raises CannotCall."""
    if heard.status not in statuses:
        raise CannotCall(f"status {heard.status}")
    try:
        document = json.loads(heard.body)
    except (ValueError, RecursionError):
        raise CannotCall("no JSON") from None
    if not isinstance(document, dict):
        raise CannotCall("no object")
    return document


def _is_address(value: object, issuer: str) -> bool:
    """https; http only for a provider that is reached by it, which the guard admits for named hosts alone."""
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return bool(parts.hostname) and parts.scheme in {"https", urlsplit(issuer).scheme} and not parts.fragment
