"""`/docs`: the API for people, and `/problems/{code}`: what each refusal means. Nothing from other hosts."""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from shared.kernel.errors import NotFound, Problem
from shared.web.docs_view import Reader
from shared.web.problems import STATUS
from shared.web.templates import Pages

router = APIRouter(include_in_schema=False)

CACHED: Final = {"Cache-Control": "public, max-age=300"}
TO_DO: Final = {
    401: "Send an access token of the identity service for this service, or sign in.",
    403: "The caller is known but may not do this. A different token or role is needed, not a retry.",
    404: "Look at the address. What the caller may not know about is answered the same way.",
    405: "The header Allow names the methods this address takes.",
    409: "Read the resource again and decide whether the change still makes sense.",
    412: "Read the resource again: it has changed. The body holds its current version.",
    413: "Send less. A body may hold one megabyte.",
    422: "Correct what `errors` points at and send it again.",
    428: "Send If-Match with the ETag of the version you have read.",
    429: "Wait as many seconds as Retry-After says.",
    500: "A mistake of ours. Report it with the request id.",
    503: "Try again later; nothing is wrong with the request.",
}


@dataclass(frozen=True, slots=True)
class Explained:
    """A refusal as its page shows it."""

    code: str
    title: str
    meaning: str
    status: int
    to_do: str


def known_problems() -> dict[str, Explained]:
    """By code, from the classes that this process has loaded."""
    found = {kind.code: _explained(kind) for kind in _kinds(Problem) if "code" in vars(kind)}
    return dict(sorted(found.items()))


def _kinds(family: type[Problem]) -> Iterator[type[Problem]]:
    for kind in family.__subclasses__():
        yield kind
        yield from _kinds(kind)


def _explained(kind: type[Problem]) -> Explained:
    status = next((status for family, status in STATUS if issubclass(kind, family)), 500)
    meaning = re.sub(r"\s*\n\s*", " ", inspect.getdoc(kind) or "")
    return Explained(kind.code, kind.title, meaning, status, TO_DO.get(status, TO_DO[500]))


def _shown(request: Request, template: str, make: Callable[[], dict[str, Any]], key: str = "") -> Response:
    """A page that says the same as long as the process lives: drawn once, in the service's own look where it
    has one. The header offers no sign-in, as nobody in particular is looking.
    """
    kept: dict[str, bytes] = request.app.state.drawn_once
    if template + key not in kept:
        pages: Pages | None = getattr(request.app.state, "pages", None)
        if pages is None:
            pages = Pages({"name": request.app.title, "theme": "identity", "links": {}}, {})
        site: dict[str, Any] = dict(pages.environment.globals["site"])  # type: ignore[call-overload] # any value
        links = {name: link for name, link in site.get("links", {}).items() if name in ("search", "footer")}
        page = pages.render(template, site=site | {"links": links}, viewer=None, **make())
        kept[template + key] = page.encode()
    return Response(kept[template + key], headers=CACHED, media_type="text/html")


@router.get("/docs")
async def docs(request: Request) -> Response:
    reader = Reader(request.app.openapi(), request.app.state.public_url)
    return _shown(request, "docs.html", lambda: {"guide": reader.guide()})


@router.get("/problems")
async def problems(request: Request) -> Response:
    return _shown(request, "problems.html", lambda: {"problems": list(known_problems().values())})


@router.get("/problems/{code}")
async def problem(request: Request, code: str) -> Response:
    """Raises `NotFound` for a code that this service does not use."""
    explained = known_problems().get(code)
    if explained is None:
        raise NotFound
    return _shown(request, "problem.html", lambda: {"problem": explained}, code)
