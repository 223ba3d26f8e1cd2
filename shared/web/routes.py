"""Routes on which FastAPI finds out at start, and not for each request, what an endpoint takes.

It solves every dependency by a recursion of its own, which on a list costs as much as the list. An endpoint
that takes the request, its path and coroutines over the request alone needs none of that. What is said of it
in the OpenAPI document stays FastAPI's.
"""

from collections.abc import Callable, Coroutine
from inspect import iscoroutinefunction
from typing import Any, ClassVar, Final

from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_PLAIN: Final = frozenset({"name", "call", "path", "scope", "use_cache", "request_param_name"})
"""What the description of a coroutine over the request alone may say."""
_PLAIN_ENDPOINT: Final = _PLAIN | {"dependencies", "path_params"}
READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class ReadRoute(APIRoute):
    """A route whose address is looked at before its pattern is, and whose reads are bound in one step."""

    stands_alone: ClassVar = False
    """Whether writes, too, need nothing around them."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._begins, brace, _ = self.path_format.partition("{")
        self._is_fixed = not brace
        self._taken = frozenset(self.methods or ())
        answer = bound(self) if self.reads or self.stands_alone else None
        self._is_bound = answer is not None
        if answer is not None:
            self.app = _app(answer)

    def __hash__(self) -> int:
        return hash((self.path, self.endpoint))  # by these and the methods Starlette compares

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        # An app has a hundred routes, and a pattern costs ten times as much as this.
        path: str = scope["path"]
        if scope["root_path"] or (not self._is_fixed and path.startswith(self._begins)):
            return super().matches(scope)
        if not self._is_fixed or path != self._begins:
            return Match.NONE, {}
        found = {"endpoint": self.endpoint, "path_params": {}, "route": self}
        return Match.FULL if scope["method"] in self._taken else Match.PARTIAL, found

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._is_bound and scope["method"] in self._taken:
            await self.app(scope, receive, send)
        else:
            await super().handle(scope, receive, send)

    @property
    def reads(self) -> bool:
        return not self.methods or self.methods <= READING


class PlainRoute(ReadRoute):
    """A route whose endpoint sees to its own transactions, if it needs any."""

    stands_alone = True


def _app(answer: Handler) -> ASGIApp:
    """Without the stacks that FastAPI keeps for dependencies that yield. Errors are the app's to answer."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        response = await answer(Request(scope, receive, send))
        await response(scope, receive, send)

    return app


def bound(route: APIRoute) -> Handler | None:
    """The endpoint with its arguments bound; None when it takes anything that only FastAPI knows to find."""
    asked = route.dependant
    if not _says_only(asked, _PLAIN_ENDPOINT) or not all(_says_only(d, _PLAIN) for d in asked.dependencies):
        return None
    endpoint: Any = asked.call
    needs: list[tuple[str | None, Any]] = [(d.name, d.call) for d in asked.dependencies]
    fields, request_name = asked.path_params, asked.request_param_name

    async def answer(request: Request) -> Response:
        values: dict[str, Any] = {request_name: request} if request_name else {}
        for name, find in needs:
            found = await find(request)
            if name is not None:
                values[name] = found
        wrong: list[Any] = []
        for field in fields:
            given = request.path_params[field.alias]
            values[field.name], errors = field.validate(given, {}, loc=("path", field.alias))
            wrong += errors
        if wrong:
            raise RequestValidationError(wrong)
        response: Response = await endpoint(**values)
        return response

    return answer


def _says_only(described: Dependant, facts: frozenset[str]) -> bool:
    said = {name for name in Dependant.__slots__ if getattr(described, name)}
    return said <= facts and iscoroutinefunction(described.call)
