"""Where a request stands in a trace that may have begun elsewhere (W3C Trace Context, Level 1).

`tracestate` is not passed on: what strangers put into it would travel between the communities.
"""

import os
import re
from contextvars import ContextVar
from typing import Final, NamedTuple

import httpx

_HEADER: Final = re.compile(
    rb"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?"
)


class Span(NamedTuple):
    """One request of a trace; ids in lower-case hexadecimal, as the header has them."""

    trace_id: str
    span_id: str
    sampled: bool

    def child(self) -> str:
        """The header of a call made for this request: the same trace, a new span."""
        return f"00-{self.trace_id}-{os.urandom(8).hex()}-{'01' if self.sampled else '00'}"


CURRENT: Final[ContextVar[Span | None]] = ContextVar("span", default=None)
"""The span of the request that is being answered."""


def span_of(header: bytes | None) -> Span:
    """A new span: in the trace that `traceparent` names, or in a new one when it is malformed or missing."""
    found = _HEADER.fullmatch(header) if header else None
    if found is None or (found[1] == b"00" and found[4]):  # version 00 ends after the flags (section 3.2.2)
        fresh = os.urandom(24).hex()
        return Span(fresh[:32], fresh[32:], True)
    return Span(found[2].decode(), os.urandom(8).hex(), bool(int(found[3], 16) & 1))


async def pass_on(request: httpx.Request) -> None:
    """A request hook of httpx: calls made for a request say so."""
    span = CURRENT.get()
    if span is not None:
        request.headers["traceparent"] = span.child()


def traced(http: httpx.AsyncClient) -> httpx.AsyncClient:
    """The client, whose calls from now on pass the trace on."""
    http.event_hooks["request"].append(pass_on)
    return http
