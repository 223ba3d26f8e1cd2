"""Answers of the admin API: one thing with its tag, pages of a list."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from shared.kernel.errors import PreconditionRequired, Stale
from shared.web.json import to_bytes

NO_STORE: Final = {"Cache-Control": "private, no-store"}


def tag_of(view: Any) -> str:
    """Changes with anything that the view says."""
    return f'"{hashlib.sha256(to_bytes(view)).hexdigest()[:24]}"'


def single(view: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """One thing, with the `ETag` that `If-Match` is compared with."""
    said = {**NO_STORE, "ETag": tag_of(view), **(headers or {})}
    return Response(to_bytes(view), status, said, media_type="application/json")


def listed(request: Request, rows: Sequence[Any], cursor: str | None = None) -> Response:
    """A page of a list, with `Link: rel="next"` where there is more."""
    headers = dict(NO_STORE)
    if cursor is not None:
        asked = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
        following = urlencode([*asked, ("cursor", cursor)])
        headers["Link"] = f'<{request.url.path}?{following}>; rel="next"'
    body = to_bytes({"data": list(rows), "next_cursor": cursor})
    return Response(body, headers=headers, media_type="application/json")


def done() -> Response:
    return Response(status_code=204, headers=NO_STORE)


def require_match(request: Request, view: Any) -> None:
    """Raises PreconditionRequired without `If-Match`, Stale when it names another version than `view`."""
    header = request.headers.get("if-match")
    if header is None:
        raise PreconditionRequired
    current = tag_of(view)
    known = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    if header.strip() != "*" and current not in known:
        raise Stale(data={"current_version": current})
