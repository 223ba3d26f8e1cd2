"""What a person sees instead of the page asked for: the sign-in page, or what went wrong."""

from starlette.requests import Request
from starlette.responses import Response

from shared.kernel.actor import GUEST, Actor
from shared.kernel.errors import Invalid, NotFound, Problem, TooManyRequests, Unauthenticated
from shared.tools.topics.frame import sign_in_address, viewer_of
from shared.web.edge import session_actor
from shared.web.page import see
from shared.web.templates import Pages

SIGN_IN = "/sign-in"


class RefusalPages:
    """Implements `shared.web.problems.ErrorPage`.

    In a community that is `closed` to guests they see the sign-in page at every address, whether there is
    something or not.
    """

    def __init__(self, pages: Pages, *, closed: bool) -> None:
        self._pages = pages
        self._closed = closed

    async def __call__(self, request: Request, problem: Problem, status: int) -> Response:
        if begins_elsewhere(problem) and request.method == "GET":
            return see(str(request.url.remove_query_params("cursor").replace(scheme="", netloc="")))
        actor = await self._actor(request, status)
        if not actor.signed_in and self._wants_sign_in(request, problem, status):
            return self._sign_in(request, problem)
        links = self._pages.site["links"]
        if not actor.signed_in:
            links = links | {"sign_in": sign_in_address(request)}
        return self._pages.page(
            "error.html",
            status=status,
            viewer=viewer_of(actor),
            site=self._pages.site | {"links": links},
            status_code=status,
            title=problem.title,
            detail=problem.detail if problem.detail != problem.title else "",
            fields=[(f.pointer.strip("/"), f.detail) for f in problem.fields],
            request_id=getattr(request.state, "request_id", "-"),
        )

    async def _actor(self, request: Request, status: int) -> Actor:
        """Who asks, also at addresses that no endpoint answers. After a failure of ours nothing is asked."""
        known: Actor | None = getattr(request.state, "actor", None)
        if known is not None or status >= 500:
            return known or GUEST
        return await session_actor(request)

    def _wants_sign_in(self, request: Request, problem: Problem, status: int) -> bool:
        if status >= 500 or isinstance(problem, TooManyRequests):
            return False
        starts = request.url.path.startswith(SIGN_IN)
        return self._closed or starts or isinstance(problem, Unauthenticated)

    def _sign_in(self, request: Request, problem: Problem) -> Response:
        """401 without `WWW-Authenticate`: pages take a cookie, for which HTTP has no scheme."""
        refused = request.url.path.startswith(SIGN_IN) and not isinstance(problem, Unauthenticated | NotFound)
        return self._pages.page(
            "sign_in/welcome.html",
            status=403 if refused else 401,
            viewer=None,
            sign_in=SIGN_IN if refused else sign_in_address(request),
            refusal=problem if refused else None,
            lost=request.method == "POST" and not refused,
            closed=self._closed,
        )


def begins_elsewhere(problem: Problem) -> bool:
    """A place in a list that is not this reader's: somebody signed in meanwhile, or followed a link."""
    return isinstance(problem, Invalid) and any(f.code == "paging.bad_cursor" for f in problem.fields)


async def members_only(request: Request) -> None:
    """A dependency of every page of a closed community. Raises `Unauthenticated`."""
    if not (await session_actor(request)).signed_in:
        raise Unauthenticated
