"""Errors as HTTP: problem+json (RFC 9457) for programs, a page for people. The only place that knows both."""

import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from shared.db.failures import is_away
from shared.kernel import errors
from shared.kernel.errors import FieldError, Invalid, MoreProofNeeded, Problem, Unavailable
from shared.oidc.errors import InvalidProof, InvalidToken
from shared.oidc.signed import STRONG
from shared.oidc.tokens import BOUND
from shared.web.logs import address_in_logs

log = structlog.get_logger("web")


class MethodNotAllowed(Problem):
    code = "request.method_not_allowed"
    title = "This address does not take that method"


class TooLarge(Problem):
    code = "request.too_large"
    title = "The request is too large"


class OtherCharset(Problem):
    code = "request.other_charset"
    title = "A form has to be in UTF-8"


class Internal(Problem):
    code = "internal.error"
    title = "Something went wrong on our side"


STATUS: tuple[tuple[type[Problem], int], ...] = (
    (errors.NotFound, 404),
    (errors.Unauthenticated, 401),
    (errors.Forbidden, 403),
    (errors.Conflict, 409),
    (errors.Invalid, 422),
    (errors.Stale, 412),
    (errors.PreconditionRequired, 428),
    (errors.TooManyRequests, 429),
    (errors.Unavailable, 503),
    (MethodNotAllowed, 405),
    (TooLarge, 413),
    (OtherCharset, 415),
)
API_PREFIXES = ("/api/", "/bridge/", "/healthz", "/readyz", "/metrics", "/openapi.json")
_PROOF = ("acr_values", "max_age")
INSUFFICIENT = "insufficient_user_authentication"
RETRY_AFTER = 5
"""Seconds after which a database that is away may be back."""
ErrorPage = Callable[[Request, Problem, int], Awaitable[Response]]
Bug = Callable[[Request, Exception], Awaitable[Response]]


def status_of(problem: Problem) -> int:
    for family, status in STATUS:
        if isinstance(problem, family):
            return status
    return 500


def problem_body(problem: Problem, status: int, request_id: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": f"/problems/{problem.code}",
        "title": problem.title,
        "status": status,
        "detail": problem.detail,
        "code": problem.code,
        "request_id": request_id,
    }
    if problem.fields:
        body["errors"] = [{"pointer": f.pointer, "code": f.code, "detail": f.detail} for f in problem.fields]
    return body | problem.data


def problem_response(request: Request, problem: Problem) -> Response:
    status = status_of(problem)
    headers = {"Cache-Control": "private, no-store"}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = challenge(problem, request.headers.get("authorization"))
    if isinstance(problem, errors.MissingScope) and (scope := problem.data.get("scope")):
        headers["WWW-Authenticate"] = f'Bearer error="insufficient_scope", scope="{scope}"'
    if "retry_after" in problem.data:
        headers["Retry-After"] = str(problem.data["retry_after"])
    if "allow" in problem.data:
        headers["Allow"] = str(problem.data["allow"])
    body = problem_body(problem, status, getattr(request.state, "request_id", "-"))
    return Response(json.dumps(body), status, headers, media_type="application/problem+json")


def challenge(problem: Problem, authorization: str | None) -> str:
    """`WWW-Authenticate` per RFC 6750 section 3, without an error code when no token came; per RFC 9449
    section 7.1 when one came with a proof, or should have; per RFC 9470 section 3 when the person has to
    prove more."""
    if authorization is None:
        return "Bearer"
    if isinstance(problem, MoreProofNeeded):
        wanted = "".join(f', {name}="{problem.data[name]}"' for name in _PROOF if name in problem.data)
        scheme = "DPoP" if authorization.lower().startswith("dpop ") else "Bearer"
        return f'{scheme} error="{INSUFFICIENT}", error_description="{problem.title}"{wanted}'
    error = "invalid_dpop_proof" if isinstance(problem, InvalidProof) else "invalid_token"
    said = f'error="{error}", error_description="{problem.title}"'
    if isinstance(problem, InvalidToken) and (
        problem.reason == BOUND or authorization.lower().startswith("dpop ")
    ):
        return f'DPoP {said}, algs="{" ".join(STRONG)}"'
    return f"Bearer {said}"


def _pointer(kind: str, location: tuple[Any, ...]) -> str:
    """RFC 6901; the empty pointer is the whole body."""
    if kind == "json_invalid":
        return ""
    parts = location[1:] if location and location[0] in ("body", "query", "path", "header") else location
    return "".join("/" + str(p).replace("~", "~0").replace("/", "~1") for p in parts)


def from_validation(error: RequestValidationError) -> Invalid:
    """Pydantic's complaints, with a pointer to each field and none of the input echoed."""
    fields = tuple(
        FieldError(_pointer(e["type"], tuple(e["loc"])), f"request.{e['type']}", e["msg"])
        for e in error.errors()
    )
    named = ", ".join(sorted({f.pointer or "the body" for f in fields}))
    return Invalid(f"These do not fit: {named}", fields=fields)


def from_http(error: HTTPException, allowed: str = "") -> Problem:
    """What the framework refused; a refusal of ours that it has wrapped is unwrapped."""
    if isinstance(error.__cause__, Problem):
        return error.__cause__
    if error.status_code == HTTPStatus.NOT_FOUND:
        return errors.NotFound()
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return MethodNotAllowed(data={"allow": allowed})
    if error.status_code == 413:
        return TooLarge()
    return Invalid(str(error.detail))


def _allowed_methods(request: Request) -> str:
    """What this address takes (RFC 9110 section 15.5.6), over all routes that share it."""
    return ", ".join(
        method for method in ("DELETE", "GET", "PATCH", "POST", "PUT") if _takes(request, method)
    )


def _takes(request: Request, method: str) -> bool:
    scope = {**request.scope, "method": method}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes)


def wants_json(request: Request) -> bool:
    return request.url.path.startswith(API_PREFIXES)


def _answers(error_page: ErrorPage | None) -> Callable[[Request, Problem], Awaitable[Response]]:
    async def answer(request: Request, problem: Problem) -> Response:
        if error_page is None or wants_json(request):
            return problem_response(request, problem)
        page = await error_page(request, problem, status_of(problem))
        if "retry_after" in problem.data:
            page.headers["Retry-After"] = str(problem.data["retry_after"])
        return page

    return answer


def bug_answer(error_page: ErrorPage | None = None) -> Bug:
    """The answer to what nobody expected: logged with its traceback, told without. 503 while the database is
    away."""
    answer = _answers(error_page)

    async def on_bug(request: Request, error: Exception) -> Response:
        if is_away(error):
            log.warning("database is away", path=address_in_logs(request.scope), error=type(error).__name__)
            return await answer(request, Unavailable(data={"retry_after": RETRY_AFTER}))
        log.error(
            "unhandled", path=address_in_logs(request.scope), error=type(error).__name__, exc_info=error
        )
        return await answer(request, Internal())

    return on_bug


def install(app: FastAPI, error_page: ErrorPage | None = None) -> None:
    """Every refusal leaves as one of ours. `error_page` shows it to people outside the API."""
    answer = _answers(error_page)

    async def on_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return await answer(request, error)

    async def on_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return await answer(request, from_validation(error))

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return await answer(request, from_http(error, _allowed_methods(request)))

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
