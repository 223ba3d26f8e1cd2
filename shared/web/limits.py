"""How much one address and one person may ask of this process, told on every answer of the API.

Headers per draft-ietf-httpapi-ratelimit-headers-10. Guests, and whoever shows a bad credential, count by
address; people count by themselves wherever they call from, so that an office behind one address is not
taken for one caller. Each process counts for itself, in windows that begin with a caller's first request.
"""

import time
from contextlib import suppress
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Final

from limits import RateLimitItem, parse
from starlette.requests import Request
from starlette.types import Scope

from shared.kernel.actor import Actor
from shared.kernel.errors import TooManyRequests

STATE: Final = "rate_limit"
"""Where a request keeps the two headers of its answer."""
_SWEEP_AT: Final = 20_000


class Counters:
    """Counts in a dictionary. The memory storage of `limits` starts a thread a hundred times a second and
    looks at every key in it."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, float]] = {}

    def take(self, key: str, expiry: float) -> tuple[int, float]:
        """Counts one more; the count and the seconds until it starts anew."""
        now = time.monotonic()
        count, ends = self._counts.get(key, (0, 0.0))
        if ends <= now:
            if len(self._counts) >= _SWEEP_AT:
                self._sweep(now)
            count, ends = 0, now + expiry
        self._counts[key] = count + 1, ends
        return count + 1, ends - now

    def _sweep(self, now: float) -> None:
        self._counts = {key: kept for key, kept in self._counts.items() if kept[1] > now}
        if len(self._counts) >= _SWEEP_AT:
            self._counts.clear()


class _Bucket:
    """One policy: its name, how many requests in how many seconds."""

    def __init__(self, name: str, item: RateLimitItem) -> None:
        self.name = name
        self.amount = item.amount
        self.seconds = item.get_expiry()
        self.policy = f'"{name}";q={self.amount};w={self.seconds}'.encode()


class Limits:
    """The buckets of one service, from settings such as `600/minute`; an empty one is no limit."""

    def __init__(
        self, *, address: str, person: str, sign_in: str, export: str = "", client: str = ""
    ) -> None:
        wanted = {"address": address, "person": person, "sign_in": sign_in, "export": export}
        wanted["client"] = client
        self._buckets = {name: _Bucket(name, parse(rate)) for name, rate in wanted.items() if rate}
        self._counters = Counters()

    def count(self, scope: Scope, actor: Actor) -> None:
        """Counts a request of this actor. Raises `TooManyRequests`."""
        if actor.person_id is not None:
            self._take(scope, "person", actor.person_id.hex)
        else:
            self.count_address(scope)

    def count_address(self, scope: Scope) -> None:
        """Counts a request of nobody in particular. Raises `TooManyRequests`."""
        self._take(scope, "address", address_of(scope))

    def count_client(self, scope: Scope, client: str, acting_for: str | None = None) -> None:
        """Counts a request of a program for itself, or for the person it acts for. Raises
        `TooManyRequests`."""
        if acting_for is None:
            self._take(scope, "client", client)
        else:
            self._take(scope, "person", f"{client}/{acting_for}")

    def count_sign_in(self, scope: Scope) -> None:
        """Counts an attempt to sign in, which costs identity a question. Raises `TooManyRequests`."""
        self._take(scope, "sign_in", address_of(scope))

    def count_export(self, scope: Scope, caller: str) -> None:
        """Counts the beginning of an export by this client or person. Raises `TooManyRequests`."""
        self._take(scope, "export", caller)

    def headers(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        """For the answer; a request that ended before anybody was asked counts for its address."""
        said = scope["state"].get(STATE)
        if said is None:
            with suppress(TooManyRequests):
                self.count_address(scope)
            said = scope["state"].get(STATE, [])
        headers: list[tuple[bytes, bytes]] = said
        return headers

    def _take(self, scope: Scope, name: str, key: str) -> None:
        bucket = self._buckets.get(name)
        if bucket is None:
            scope["state"][STATE] = []
            return
        count, left = self._counters.take(f"{name}/{key}", bucket.seconds)
        remaining, reset = max(0, bucket.amount - count), int(left) + 1
        scope["state"][STATE] = [
            (b"ratelimit-policy", bucket.policy),
            (b"ratelimit", f'"{name}";r={remaining};t={reset}'.encode()),
        ]
        if count > bucket.amount:
            raise TooManyRequests(
                f"{bucket.amount} requests in {bucket.seconds} seconds are admitted; try again in {reset}.",
                data={"retry_after": reset},
            )


NO_LIMITS: Final = Limits(address="", person="", sign_in="")


def address_of(scope: Scope) -> str:
    """Where a request came from, for all that counts or records it.

    The server has read `X-Forwarded-For` by then, if a trusted proxy sent the request (`commands.serve`).
    """
    client = scope.get("client")
    return _network(client[0]) if client else "-"


@lru_cache(4096)
def _network(host: str) -> str:
    """An IPv6 caller holds a whole /64: addresses in it are one."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if address.version == 6 and address.ipv4_mapped:
        return str(address.ipv4_mapped)  # as a socket for both shows callers over IPv4
    return host if address.version == 4 else str(ip_network((address, 64), strict=False))


async def limited_sign_in(request: Request) -> None:
    """A dependency of the pages that begin and complete signing in."""
    limits: Limits = request.app.state.limits
    limits.count_sign_in(request.scope)
