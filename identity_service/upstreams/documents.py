"""What providers say about themselves (OpenID Connect Discovery 1.0), kept for ten minutes."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlsplit

import structlog

from identity_service.outgoing import CannotCall, Heard, Outgoing
from identity_service.upstreams.errors import UpstreamSilent

FRESH_SECONDS: Final = 600
_NEEDED: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")

Thing = TypeVar("Thing")

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


class Kept(Generic[Thing]):
    """What was read of each name, for ten minutes. While nothing can be read, what was read before stays
    good."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._things: dict[str, tuple[Thing, float]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def of(self, name: str, read: Callable[[], Awaitable[Thing]]) -> Thing:
        """Raises UpstreamSilent when nothing is known. `read` raises CannotCall."""
        async with self._locks.setdefault(name, asyncio.Lock()):
            kept = self._things.get(name)
            if kept is not None and self._clock() - kept[1] < FRESH_SECONDS:
                return kept[0]
            try:
                found = await read()
            except CannotCall as refusal:
                log.warning("provider not read", address=name, because=str(refusal))
                if kept is not None:
                    return kept[0]
                raise UpstreamSilent from None
            self._things[name] = found, self._clock()
            return found


class Documents:
    """Reads them with the guard of `Outgoing`, outside of any transaction."""

    def __init__(self, outgoing: Outgoing, clock: Callable[[], float]) -> None:
        self._outgoing = outgoing
        self._kept: Kept[Metadata] = Kept(clock)

    async def of(self, issuer: str) -> Metadata:
        """Raises UpstreamSilent when nothing is known."""
        return await self._kept.of(issuer, lambda: read(self._outgoing, issuer))


async def read(outgoing: Outgoing, issuer: str) -> Metadata:
    """What a provider says about itself. Section 4.3: the document names exactly the issuer that was asked.
    Raises CannotCall."""
    address = issuer.rstrip("/") + "/.well-known/openid-configuration"
    document = json_object(await outgoing.get(address))
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
