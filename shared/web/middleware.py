"""One ASGI layer around every request: its id and trace, its headers, size, figures and log line."""

import re
import time
from collections.abc import Container, Mapping
from secrets import token_hex
from typing import Final

import structlog
from python_multipart.multipart import parse_options_header
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.web.cors import Cors
from shared.web.limits import NO_LIMITS, STATE, Limits
from shared.web.logs import address_in_logs
from shared.web.metrics import Requests
from shared.web.problems import Bug, OtherCharset, TooLarge
from shared.web.trace import CURRENT, span_of

MAX_BODY: Final = 1_048_576
"""Bytes of a request body; more is answered 413."""

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; font-src 'self'; "
    "connect-src 'self'; form-action {form_action}; base-uri 'none'; frame-ancestors 'none'"
)
SAME_FOR_ALL: Final = ("/static/", "/pictures/")
"""Where the same is answered to everyone, with or without a cookie."""
LIMITED: Final = ("/api/", "/scim/", "/bridge/v1/")
"""Where every answer says how much one may ask."""
_WANTED: Final = frozenset(
    {
        b"x-request-id",
        b"traceparent",
        b"cookie",
        b"authorization",
        b"origin",
        b"access-control-request-method",
        b"content-length",
        b"content-type",
    }
)
_UTF_8: Final = (b"utf-8", b"utf8")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class Surround:
    """Gives each request an id, each answer its security and cache headers, each log line its facts.

    An answer is public only when the route said so and the request carried neither cookie nor
    authorization; everything else is `private, no-store`.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        bug: Bug,
        https_only: bool = False,
        form_action: str = "'self'",
        limits: Limits = NO_LIMITS,
        requests: Requests | None = None,
        cors: Cors | None = None,
        large_bodies: Mapping[str, int] | None = None,
    ) -> None:
        """`bug` answers for what nobody expected, so that even that answer has an id and its headers.

        `large_bodies` are the most bytes of a body, by path, where that is not `MAX_BODY`.
        """
        self._large_bodies = large_bodies or {}
        self._app = app
        self._bug = bug
        self._log = structlog.get_logger("request").bind()
        self._limits = limits
        self._requests = requests or Requests()
        self._cors = cors
        policy = CONTENT_SECURITY_POLICY.format(form_action=form_action)
        self._fixed = [
            (b"content-security-policy", policy.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
            (b"cross-origin-opener-policy", b"same-origin"),
        ]
        if https_only:
            self._fixed.append((b"strict-transport-security", b"max-age=31536000"))
        self._names = frozenset(name for name, _ in self._fixed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = _Asked(scope)
        scope.setdefault("state", {})["request_id"] = asked.request_id
        before = CURRENT.set(asked.span)
        cors = self._cors if self._cors is not None and self._cors.covers(scope["path"]) else None
        app = self._app
        if cors is not None and asked.preflight and asked.origin is not None:
            app = cors.preflight(asked.origin) or app
        started = time.perf_counter()
        self._requests.began()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._finish(message, asked, scope, cors)
            await send(message)

        try:
            most = self._large_bodies.get(scope["path"], MAX_BODY)
            await app(scope, _limited(receive, asked, most), send_with_headers)
        except ClientDisconnect:
            pass  # nobody is there to be answered
        except Exception as error:
            if status:
                raise
            answer = await self._bug(Request(scope, receive), error)
            await answer(scope, receive, send_with_headers)
        finally:
            seconds = time.perf_counter() - started
            self._requests.ended(scope, status, seconds)
            self._log.info(
                "request",
                method=scope["method"],
                path=address_in_logs(scope),
                status=status,
                ms=round(seconds * 1000, 1),
                request_id=asked.request_id,
                trace_id=asked.span.trace_id,
                span_id=asked.span.span_id,
            )
            CURRENT.reset(before)

    def _finish(self, message: Message, asked: "_Asked", scope: Scope, cors: Cors | None) -> None:
        """What is the same for everyone, with or without a cookie, keeps what it says of caching."""
        path: str = scope["path"]
        raw = message["headers"] = list(message["headers"])
        present = dict(raw)
        raw += self._fixed if present.keys().isdisjoint(self._names) else self._missing(present)
        raw.append((b"x-request-id", asked.request_id.encode()))
        if path.startswith(LIMITED):
            raw += self._limits.headers(scope)
        elif said := scope["state"].get(STATE):
            raw += said
        if cors is not None:
            raw += cors.marks(asked.origin)
        caching = present.get(b"cache-control")
        if caching is not None and path.startswith(SAME_FOR_ALL):
            return
        if asked.personal or caching is None:
            raw[:] = [pair for pair in raw if pair[0] != b"cache-control"]
            raw.append((b"cache-control", b"private, no-store"))
        elif caching.startswith(b"public"):
            raw.append((b"vary", b"Cookie, Authorization"))

    def _missing(self, present: Container[bytes]) -> list[tuple[bytes, bytes]]:
        return [pair for pair in self._fixed if pair[0] not in present]


class _Asked:
    """What this layer wants to know of a request, found in one pass over its headers."""

    __slots__ = ("charset", "length", "origin", "personal", "preflight", "request_id", "span")

    def __init__(self, scope: Scope) -> None:
        wanted = [pair for pair in scope["headers"] if pair[0] in _WANTED]
        found: dict[bytes, bytes] = dict(wanted)
        if len(found) != len(wanted) and [name for name, _ in wanted].count(b"traceparent") > 1:
            del found[b"traceparent"]  # there is one or none (Trace Context section 3.2)
        given = found.get(b"x-request-id", b"").decode("latin-1")
        self.request_id = given if _REQUEST_ID.fullmatch(given) else token_hex(16)
        self.span = span_of(found.get(b"traceparent"))
        self.personal = b"cookie" in found or b"authorization" in found
        self.origin = found.get(b"origin")
        self.preflight = scope["method"] == "OPTIONS" and b"access-control-request-method" in found
        self.length = found.get(b"content-length", b"")
        self.charset = _charset_of(found.get(b"content-type", b""))


def _charset_of(content_type: bytes) -> bytes:
    """Of the fields of a form, as Starlette finds it out. RFC 7578 section 5.1.2: UTF-8 unless it says."""
    if not content_type.lower().startswith(b"multipart/"):
        return _UTF_8[0]
    return parse_options_header(content_type)[1].get(b"charset", _UTF_8[0]).lower()


def _limited(receive: Receive, asked: _Asked, most: int) -> Receive:
    """`receive` that stops with 413 once the body has more than `most` bytes, declared or not; and with 415
    for a form that is not in UTF-8: some others give halves of characters, which no page can show."""
    declared = asked.length
    seen = most if declared.isdigit() and int(declared) > most else 0

    async def limited() -> Message:
        nonlocal seen
        if asked.charset not in _UTF_8:
            raise OtherCharset
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > most:
                raise TooLarge
        return message

    return limited
