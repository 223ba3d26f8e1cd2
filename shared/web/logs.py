"""Structured lines on standard error. They say where, what kind and how long, and never what people wrote:
the message of an exception may hold a row, a statement's values or a piece of a request, so it is left out.
"""

import logging
import re
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from pydantic_core import to_json
from starlette.types import Scope
from structlog.typing import EventDict, WrappedLogger

from shared.web.trace import CURRENT

_ID: Final = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def set_up_logs(*, development: bool) -> None:
    """JSON, or readable lines in development."""
    renderer: Any = structlog.dev.ConsoleRenderer(colors=False) if development else _as_json
    structlog.configure(
        processors=[_complete, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(logging.BASIC_FORMAT))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("httpx").setLevel(logging.WARNING)


def _complete(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """How grave it is, when it was, where an exception came from, and for which request it is written, beside
    the line of the request itself. One step: every answer waits for its line."""
    event["level"], event["timestamp"] = name, f"{datetime.now(UTC).replace(tzinfo=None).isoformat()}Z"
    if "exc_info" in event:
        _tell_exception(event)
    if "trace_id" not in event and (span := CURRENT.get()) is not None:
        event["trace_id"], event["span_id"] = span.trace_id, span.span_id
    return event


def _tell_exception(event: EventDict) -> None:
    given = event.pop("exc_info")
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = trace_of(error)


def _as_json(logger: WrappedLogger, name: str, event: EventDict) -> str:
    return to_json(event, fallback=str).decode()


def trace_of(error: BaseException) -> str:
    """Where an exception came from and of which kind it is, with what caused it before it; no messages."""
    found: list[str] = []
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        found.append("".join(traceback.format_tb(following.__traceback__)) + _named(following))
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)
    return "\n\n".join(reversed(found))


def _named(error: BaseException) -> str:
    kind = type(error)
    name = f"{kind.__module__}.{kind.__qualname__}"
    state = getattr(error, "sqlstate", None)
    name += f" (SQLSTATE {state})" if isinstance(state, str) else ""
    if isinstance(error, BaseExceptionGroup):
        name += "".join(f"\nof the group:\n{trace_of(part)}" for part in error.exceptions)
    return name


class _Formatter(logging.Formatter):
    def formatException(self, ei: Any) -> str:  # the standard library's name
        return trace_of(ei[1]) if ei[1] is not None else ""


def address_in_logs(scope: Scope) -> str:
    """The path with ids as they came and words by their names: an address holds titles and names of spaces.

    What led to no route is as it came: nothing of ours is in it.
    """
    route, path = scope.get("route"), str(scope["path"])
    template = getattr(route, "path_format", None)
    if template is None:
        return path
    for name, value in scope.get("path_params", {}).items():
        if not isinstance(value, str) or _ID.fullmatch(value):
            template = template.replace(f"{{{name}}}", str(value))
    return str(template)
