"""The public keys with which clients sign: registered with them, or kept at their `jwks_uri`."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog

from identity_service.clients.models import Client
from identity_service.outgoing import CannotCall, Outgoing

FRESH_SECONDS: Final = 600
RETRY_SECONDS: Final = 10
"""An unknown key may be a new one, but nobody makes us ask more often by naming keys that do not exist."""
MOST_KEYS: Final = 100
_MOST_ADDRESSES: Final = 1_000

log = structlog.get_logger("clients")


@dataclass(slots=True)
class _Kept:
    keys: tuple[Mapping[str, Any], ...]
    read_at: float
    tried_at: float


class RemoteKeySets:
    """Key sets of clients, read outside of any transaction and kept for ten minutes in this process.

    While an address does not answer, what was read there before stays good.
    """

    def __init__(self, outgoing: Outgoing, clock: Callable[[], float]) -> None:
        self._outgoing = outgoing
        self._clock = clock
        self._kept: dict[str, _Kept] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def prepare(self, url: str, kid: object) -> None:
        """See to it that the key named `kid` is known, if it is there."""
        if not self._wants(url, kid):
            return
        async with self._locks.setdefault(url, asyncio.Lock()):
            if self._wants(url, kid):
                await self._read(url)

    def at(self, url: str) -> tuple[Mapping[str, Any], ...]:
        """What is known by now."""
        kept = self._kept.get(url)
        return kept.keys if kept else ()

    def _wants(self, url: str, kid: object) -> bool:
        kept, now = self._kept.get(url), self._clock()
        if kept is None:
            return True
        if now - kept.read_at < FRESH_SECONDS and _named(kept.keys, kid) is not None:
            return False
        return now - kept.tried_at >= RETRY_SECONDS

    async def _read(self, url: str) -> None:
        now = self._clock()
        if len(self._kept) >= _MOST_ADDRESSES:
            self._kept.clear()
            self._locks.clear()
        before = self._kept.get(url)
        try:
            keys = _keys_in(await self._outgoing.get(url))
        except CannotCall as refusal:
            log.warning("keys of a client not read", because=str(refusal))
            self._kept[url] = _Kept(before.keys if before else (), before.read_at if before else now, now)
            return
        self._kept[url] = _Kept(keys, now, now)


def _keys_in(heard: Any) -> tuple[Mapping[str, Any], ...]:
    """Raises CannotCall when it is no key set."""
    if heard.status != 200:
        raise CannotCall(f"status {heard.status}")
    try:
        document = json.loads(heard.body)
    except (ValueError, RecursionError):
        raise CannotCall("no JSON") from None
    return keys_of(document)[:MOST_KEYS]


def keys_of(document: object) -> tuple[Mapping[str, Any], ...]:
    """The keys of a JWKS (RFC 7517 section 5), as they stand there."""
    keys = document.get("keys") if isinstance(document, Mapping) else None
    return tuple(key for key in keys if isinstance(key, Mapping)) if isinstance(keys, list) else ()


def find(client: Client, kid: object, sets: RemoteKeySets) -> Mapping[str, Any] | None:
    """The key of a client that is named `kid`; its address was asked before, outside of the transaction."""
    if client.jwks_uri:
        return _named(sets.at(client.jwks_uri), kid)
    return _named(keys_of(client.jwks), kid)


def _named(keys: tuple[Mapping[str, Any], ...], kid: object) -> Mapping[str, Any] | None:
    if not isinstance(kid, str):
        return None
    return next((key for key in keys if key.get("kid") == kid), None)
