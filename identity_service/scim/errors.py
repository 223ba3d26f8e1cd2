"""Refusals in the form of RFC 7644 section 3.12."""

import json
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any, Final

from fastapi import Request
from fastapi.routing import APIRoute
from pydantic import ValidationError
from scim2_models import Error, InvalidSyntaxException, SCIMException, UniquenessException
from sqlalchemy.exc import IntegrityError
from starlette.responses import Response

from identity_service.web import count_address
from shared.kernel.errors import Problem
from shared.web.problems import status_of

MEDIA_TYPE: Final = "application/scim+json"
NO_STORE: Final = {"Cache-Control": "no-store"}


class MethodNotAllowed(SCIMException):
    status = 405
    _default_detail = "This cannot be done to this resource"


def answer(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(body), status, NO_STORE | (headers or {}), media_type=MEDIA_TYPE)


def error_answer(error: Error) -> Response:
    status = error.status or 400
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    return answer(error.model_dump(), status, headers)


class ScimRoute(APIRoute):
    """A route whose refusals are SCIM's own. They come here after the transaction was taken back."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_with_errors(request: Request) -> Response:
            try:
                count_address(request)
                return await handle(request)
            except SCIMException as refusal:
                return error_answer(refusal.to_error())
            except ValidationError as error:
                return error_answer(Error.from_validation_errors(error)[0])
            except IntegrityError:
                return error_answer(UniquenessException().to_error())
            except RecursionError:
                return error_answer(InvalidSyntaxException(detail="Nested too deeply").to_error())
            except Problem as problem:
                return error_answer(Error(status=status_of(problem), detail=problem.detail))

        return handle_with_errors
