"""Which web pages of other origins may read our answers (Fetch standard, section CORS protocol).

Only origins that are registered on a client of identity, by exact name and without cookies: a page elsewhere
brings its own token. Everything else gets no header, which is how a browser is told no.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final
from urllib.parse import quote

import httpx
import structlog
from starlette.responses import Response
from starlette.types import ASGIApp

log = structlog.get_logger("cors")

REFRESH_SECONDS: Final = 60
RETRY_SECONDS: Final = 5
"""Until the set is known for the first time."""
MOST_ORIGINS: Final = 10_000
EXPOSED: Final = (
    b"ETag, Link, Retry-After, X-Request-Id, RateLimit, RateLimit-Policy, Idempotency-Replayed, "
    b"WWW-Authenticate"
)
_DIFFERS: Final = ((b"vary", b"Origin"),)
_ALLOWED_HEADERS: Final = (
    "Authorization, Content-Type, DPoP, Idempotency-Key, If-Match, If-None-Match, traceparent, X-Request-Id"
)
_MAX_AGE: Final = "600"

Ask = Callable[[], Awaitable[Iterable[str]]]


class Origins:
    """The registered origins, asked for in the background. Empty until known; kept when asking fails."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self.known: frozenset[bytes] | None = None
        self._has_failed = False

    def admits(self, origin: bytes) -> bool:
        return self.known is not None and origin in self.known

    async def refresh(self) -> None:
        """Never raises for identity or a database that is away."""
        try:
            found = frozenset(origin.encode("ascii") for origin in await self._ask())
        except Exception as error:  # whatever it is, the last known set stays
            say = log.warning if self._has_failed else log.info  # once is usual while all of it starts
            say("origins not renewed", kind=type(error).__name__)
            self._has_failed = True
            return
        self.known, self._has_failed = found, False

    @asynccontextmanager
    async def kept_fresh(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._keep_fresh())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _keep_fresh(self) -> None:
        while True:
            await self.refresh()
            await asyncio.sleep(RETRY_SECONDS if self.known is None else REFRESH_SECONDS)


class Cors:
    """What pages elsewhere may read: paths that begin with one of `prefixes`, or are one of `paths`."""

    def __init__(
        self,
        origins: Origins,
        *,
        prefixes: tuple[str, ...] = (),
        paths: Iterable[str] = (),
        methods: str = "GET, HEAD, POST, PUT, PATCH, DELETE",
    ) -> None:
        self.origins = origins
        self._prefixes = prefixes
        self._paths = frozenset(paths)
        self._methods = methods

    def covers(self, path: str) -> bool:
        return path.startswith(self._prefixes) or path in self._paths

    def preflight(self, origin: bytes) -> ASGIApp | None:
        """The answer to a question before a call; None for an origin that nobody registered."""
        if not self.origins.admits(origin):
            return None
        return Response(
            status_code=204,
            headers={
                "Access-Control-Allow-Methods": self._methods,
                "Access-Control-Allow-Headers": _ALLOWED_HEADERS,
                "Access-Control-Max-Age": _MAX_AGE,
            },
        )

    def marks(self, origin: bytes | None) -> Sequence[tuple[bytes, bytes]]:
        """What an answer says of who may read it. Every answer of such a path differs by origin."""
        if origin is None or not self.origins.admits(origin):
            return _DIFFERS
        return (
            *_DIFFERS,
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", EXPOSED),
        )


def from_identity(
    http: httpx.AsyncClient,
    internal_url: str,
    *,
    audience: str,
    client: tuple[str, str] | None = None,
) -> Ask:
    """Asks identity which pages may use tokens for `audience`; as `client` where there is one."""
    # RFC 6749 section 2.3.1: both parts are form-encoded.
    auth = httpx.BasicAuth(*(quote(part, safe="") for part in client)) if client else None

    async def ask() -> list[str]:
        answer = await http.get(
            f"{internal_url}/oauth/origins",
            params={"audience": audience},
            auth=auth,
            follow_redirects=False,
        )
        answer.raise_for_status()
        document: Any = answer.json()
        found = document["origins"]
        if not isinstance(found, list) or len(found) > MOST_ORIGINS:
            raise ValueError("not a list of origins")
        return [str(origin) for origin in found]

    return ask
