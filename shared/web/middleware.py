"""One ASGI layer around every request: its id, its headers, its size, its log line."""

import re
import time
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.kernel.ids import new_id
from shared.web.limits import NO_LIMITS, Limits
from shared.web.logs import address_in_logs
from shared.web.problems import Bug, TooLarge

log = structlog.get_logger("request")

MAX_BODY: Final = 1_048_576
"""Bytes of a request body; more is answered 413."""

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; font-src 'self'; "
    "connect-src 'self'; form-action {form_action}; base-uri 'none'; frame-ancestors 'none'"
)
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
        https: bool = False,
        form_action: str = "'self'",
        limits: Limits = NO_LIMITS,
    ) -> None:
        """`bug` answers for what nobody expected, so that even that answer has an id and its headers."""
        self._app = app
        self._bug = bug
        self._limits = limits
        policy = CONTENT_SECURITY_POLICY.format(form_action=form_action)
        self._fixed = [
            (b"content-security-policy", policy.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
            (b"cross-origin-opener-policy", b"same-origin"),
        ]
        if https:
            self._fixed.append((b"strict-transport-security", b"max-age=31536000"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = headers.get("x-request-id", "")
        if not _REQUEST_ID.fullmatch(request_id):
            request_id = new_id().hex
        scope.setdefault("state", {})["request_id"] = request_id
        path: str = scope["path"]
        personal = "cookie" in headers or "authorization" in headers
        started = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._finish(message, request_id, personal=personal, file=path.startswith("/static/"))
                if path.startswith("/api/"):
                    message["headers"] += self._limits.headers(scope)
            await send(message)

        try:
            await self._app(scope, _limited(receive, headers), send_with_headers)
        except ClientDisconnect:
            pass  # nobody is there to be answered
        except Exception as error:
            if status:
                raise
            answer = await self._bug(Request(scope, receive), error)
            await answer(scope, receive, send_with_headers)
        finally:
            log.info(
                "request",
                method=scope["method"],
                path=address_in_logs(scope),
                status=status,
                ms=round((time.perf_counter() - started) * 1000, 1),
                request_id=request_id,
            )

    def _finish(self, message: Message, request_id: str, *, personal: bool, file: bool) -> None:
        """Our own files are the same for everyone, with or without a cookie: they keep what they say."""
        raw = message["headers"] = list(message["headers"])
        present = {name for name, _ in raw}
        raw.extend(pair for pair in self._fixed if pair[0] not in present)
        raw.append((b"x-request-id", request_id.encode()))
        headers = MutableHeaders(raw=raw)
        if file and "cache-control" in headers:
            return
        if personal or "cache-control" not in headers:
            headers["cache-control"] = "private, no-store"
        elif headers["cache-control"].startswith("public"):
            headers.add_vary_header("Cookie, Authorization")


def _limited(receive: Receive, headers: Headers) -> Receive:
    """`receive` that stops with 413 once the body is larger than `MAX_BODY`, declared or not."""
    declared = headers.get("content-length", "")
    seen = MAX_BODY if declared.isascii() and declared.isdigit() and int(declared) > MAX_BODY else 0

    async def limited() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > MAX_BODY:
                raise TooLarge
        return message

    return limited
