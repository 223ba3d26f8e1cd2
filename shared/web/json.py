"""Views as JSON bytes, made once."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlencode

import msgspec
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from shared.kernel.errors import require_fresh
from shared.kernel.paging import Page

View = TypeVar("View")

PUBLIC: Final = "public, max-age=15"
"""For reads that are the same for all guests. The edge makes it private for everybody else."""
_VERSION: Final = re.compile(r'(?:W/)?"v(\d{1,18})(?:\.[0-9a-f]*)?"')


def _message(value: object) -> msgspec.Raw:
    """A message of another service inside a view: the views themselves are dataclasses."""
    if not isinstance(value, BaseModel):
        raise TypeError(f"not a part of a view: {type(value).__name__}")
    return msgspec.Raw(value.model_dump_json().encode())


to_bytes: Final = msgspec.json.Encoder(enc_hook=_message).encode
"""A view as JSON. msgspec writes what Pydantic would, in half the time."""


class Json(Generic[View]):
    """Turns one kind of view into responses. Made once per view type, at import."""

    def __init__(self, view_type: type[View] | Any) -> None:
        self.type = view_type

    def __call__(
        self, view: View, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Response:
        return Response(to_bytes(view), status, headers, media_type="application/json")

    def page(self, request: Request, page: View) -> Response:
        """A list that guests may cache, with `Link: rel="next"` when there is more."""
        body = to_bytes(page)
        headers = {}
        if cursor := page.next_cursor if isinstance(page, Page) else None:
            asked = [(k, v) for k, v in request.query_params.multi_items() if k != "cursor"]
            following = urlencode([*asked, ("cursor", cursor)])
            headers["Link"] = f'<{request.scope["path"]}?{following}>; rel="next"'
        return _cachable(request, body, _tag(body), headers)

    def single(self, request: Request, view: View, *, version: int | None = None) -> Response:
        """A single resource that guests may cache, with its `ETag`; 304 when the caller has it already.

        The tag names the version that `If-Match` is compared with, and the bytes: two callers see the same
        version differently, and a count may change without a new version.
        """
        body = to_bytes(view)
        return _cachable(request, body, _tag(body, version), {})


def _tag(body: bytes, version: int | None = None) -> str:
    digest = hashlib.sha256(body).hexdigest()[:16]
    return f'"{digest}"' if version is None else f'"v{version}.{digest}"'


def _cachable(request: Request, body: bytes, tag: str, headers: dict[str, str]) -> Response:
    if request.method != "GET":
        return Response(body, headers={"ETag": tag}, media_type="application/json")
    headers |= {"ETag": tag, "Cache-Control": PUBLIC}
    known = request.headers.get("if-none-match")
    if known is not None and tag in [t.strip().removeprefix("W/") for t in known.split(",")]:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def expected_versions(request: Request) -> frozenset[int] | None:
    """The versions that `If-Match` admits; None when it admits any (RFC 9110 section 13.1.1)."""
    header = request.headers.get("if-match")
    if header is None or header.strip() == "*":
        return None
    return frozenset(int(number) for number in _VERSION.findall(header))


def check_if_match(request: Request, version: int) -> None:
    """Raises `Stale` with the current version when `If-Match` names other ones."""
    require_fresh(version, expected_versions(request))
