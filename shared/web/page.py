"""Showing a page: a template inside the frame that every page of a service has."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shared.db.context import ReadContext
from shared.web.edge import edge_of


class Frame(Protocol):
    """What stands around each page: who looks at it, and where they can go. One per service."""

    async def values(self, request: Request, ctx: ReadContext, *, here: str | None) -> dict[str, Any]:
        """`here` is the place in the navigation that the page belongs to."""
        ...


async def show(
    request: Request,
    ctx: ReadContext,
    template: str,
    *,
    status: int = 200,
    here: str | None = None,
    **values: Any,
) -> Response:
    """The page of `template`. What is given in `values` goes before what the frame says."""
    frame: Frame = request.app.state.frame
    around = await frame.values(request, ctx, here=here)
    response: Response = request.app.state.pages.page(template, status=status, **(around | values))
    return response


class ShowAgain(Exception):
    """A form was not taken: `page(request, ctx, *place, **values)` draws the page that shows it again.

    It is raised, not returned, so that nothing of the form's transaction stays.
    """

    def __init__(self, page: Callable[..., Awaitable[Response]], *place: Any, **values: Any) -> None:
        self.page = page
        self.place = place
        self.values = values


async def show_again(request: Request, error: Exception) -> Response:
    """The exception handler of `ShowAgain`: 422, with what was there before the form was sent."""
    assert isinstance(error, ShowAgain)
    edge = edge_of(request)
    ctx = ReadContext(
        request.state.actor, edge.database.reader, edge.clock, edge.cursors, request.state.request_id
    )
    return await error.page(request, ctx, *error.place, status=422, **error.values)


def see(where: str) -> Response:
    """Leads on after a form was taken (303), so that reloading sends nothing twice."""
    return RedirectResponse(where, 303)


def came_from(request: Request, otherwise: str) -> str:
    """The page of ours that holds the form which was sent, or `otherwise`."""
    parts = urlsplit(request.headers.get("referer", ""))
    if f"{parts.scheme}://{parts.netloc}" != request.app.state.public_url:
        return otherwise
    if not parts.path or parts.path.startswith("//"):
        return otherwise
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def asked_path(request: Request) -> str:
    """The path and query of this request, to come back to."""
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path
