"""Query parameters as one model, read in one step.

FastAPI looks at each query parameter anew for each request, which on a list of seven costs more than the
list itself. Here a Pydantic model reads them all; the OpenAPI document says the same as it would otherwise.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError
from starlette.requests import Request

from shared.kernel.paging import DEFAULT_LIMIT, MAX_LIMIT

Asked = TypeVar("Asked", bound=BaseModel)


class Onward(BaseModel):
    """Where a page goes on."""

    cursor: Annotated[str | None, Field(max_length=500, description="`next_cursor` of the page before")] = (
        None
    )


class PageAsked(Onward):
    """Which page of a list."""

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="Rows in the answer")] = DEFAULT_LIMIT


def from_query(model: type[Asked]) -> Callable[[Request], Awaitable[Asked]]:
    """A dependency that gives the query as `model`; parameters that it does not name are ignored."""

    async def read(request: Request) -> Asked:
        try:
            return model.model_validate(dict(request.query_params))
        except ValidationError as error:
            raise RequestValidationError(
                [{**e, "loc": ("query", *e["loc"])} for e in error.errors(include_url=False)]
            ) from None

    return read


def described(model: type[BaseModel]) -> dict[str, Any]:
    """`openapi_extra` of a route that reads its query by `from_query`."""
    schema = model.model_json_schema()
    required = schema.get("required", [])
    return {
        "parameters": [
            {
                "name": name,
                "in": "query",
                "required": name in required,
                "schema": {k: v for k, v in fact.items() if k not in ("description", "examples")},
                **({"description": fact["description"]} if "description" in fact else {}),
                **({"example": fact["examples"][0]} if "examples" in fact else {}),
            }
            for name, fact in schema["properties"].items()
        ]
    }
