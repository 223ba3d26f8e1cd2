"""`/docs`: the API for people, and `/problems/{code}`: what each refusal means. Nothing from other hosts."""

import inspect
import re
from collections.abc import Iterator, Mapping
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


def _pages(request: Request) -> tuple[Pages, Mapping[str, Any]]:
    """The service's own look where it has one. The header offers no sign-in: the page is the same for all."""
    pages: Pages | None = getattr(request.app.state, "pages", None)
    if pages is None:
        pages = Pages({"name": request.app.title, "theme": "identity", "links": {}}, {})
    site: dict[str, Any] = dict(pages.environment.globals["site"])  # type: ignore[call-overload] # any value
    kept = {name: link for name, link in site.get("links", {}).items() if name in ("search", "footer")}
    return pages, site | {"links": kept}


@router.get("/docs")
async def docs(request: Request) -> Response:
    pages, site = _pages(request)
    guide = Reader(request.app.openapi(), request.app.state.public_url).guide()
    return pages.page("docs.html", headers=CACHED, site=site, viewer=None, guide=guide)


@router.get("/problems")
async def problems(request: Request) -> Response:
    pages, site = _pages(request)
    known = list(known_problems().values())
    return pages.page("problems.html", headers=CACHED, site=site, viewer=None, problems=known)


@router.get("/problems/{code}")
async def problem(request: Request, code: str) -> Response:
    """Raises `NotFound` for a code that this service does not use."""
    explained = known_problems().get(code)
    if explained is None:
        raise NotFound
    pages, site = _pages(request)
    return pages.page("problem.html", headers=CACHED, site=site, viewer=None, problem=explained)
