"""Views as JSON bytes, made once."""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from shared.kernel.errors import Stale
from shared.kernel.paging import Page

View = TypeVar("View")


class Json(Generic[View]):
    """Turns one kind of view into responses. Made once per view type, at import."""

    def __init__(self, view_type: Any) -> None:
        self.type = view_type
        self._adapter: TypeAdapter[View] = TypeAdapter(view_type)

    def __call__(
        self, view: View, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Response:
        return Response(self._adapter.dump_json(view), status, headers, media_type="application/json")

    def page(self, request: Request, page: View) -> Response:
        """A list, with `Link: rel="next"` when there is more."""
        cursor = page.next_cursor if isinstance(page, Page) else None
        if not cursor:
            return self(page)
        url = request.url.include_query_params(cursor=cursor)
        return self(page, headers={"Link": f'<{url.path}?{url.query}>; rel="next"'})

    def single(self, request: Request, view: View, *, version: int) -> Response:
        """A single resource with its `ETag`; 304 when the caller has it already."""
        body = self._adapter.dump_json(view)
        tag = etag(version)
        if tag in [t.strip() for t in request.headers.get("if-none-match", "").split(",")]:
            return Response(status_code=304, headers={"ETag": tag})
        return Response(body, headers={"ETag": tag}, media_type="application/json")


def etag(version: int) -> str:
    return f'"v{version}"'


def check_if_match(request: Request, version: int) -> None:
    """Raises `Stale` with the current version when `If-Match` names another one."""
    header = request.headers.get("if-match")
    if header is None or header.strip() == "*":
        return
    if etag(version) not in [t.strip() for t in header.split(",")]:
        raise Stale(data={"current_version": version, "current_etag": etag(version)})
