"""The OpenAPI 3.1 document of a service, completed with what is the same for every operation."""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI

from shared.kernel.paging import MAX_LIMIT
from shared.web import idempotency

Document = dict[str, Any]

METHODS: Final = ("get", "post", "put", "patch", "delete")
PROBLEM: Final[Document] = {
    "title": "Problem",
    "type": "object",
    "description": "Why it was refused (RFC 9457). `code` and `type` never change; texts may.",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "description": "Address of the page that explains it: /problems/{code}"},
        "title": {"type": "string", "description": "What it is, in a sentence"},
        "status": {"type": "integer", "description": "The HTTP status"},
        "detail": {"type": "string", "description": "What it is about this time"},
        "code": {"type": "string", "description": "Stable name, as area.snake_case"},
        "request_id": {"type": "string", "description": "Number of the request, for whoever looks into it"},
        "errors": {
            "type": "array",
            "maxItems": MAX_LIMIT,
            "items": {"$ref": "#/components/schemas/FieldProblem"},
            "description": "What is wrong with which field",
        },
    },
    "examples": [
        {
            "type": "/problems/request.invalid",
            "title": "The input does not fit",
            "status": 422,
            "detail": "These do not fit: /title",
            "code": "request.invalid",
            "request_id": "0198b4c27d5a7e0b9c4f2b1f6a3d8e10",
            "errors": [{"pointer": "/title", "code": "request.missing", "detail": "Field required"}],
        }
    ],
}
FIELD_PROBLEM: Final[Document] = {
    "title": "FieldProblem",
    "type": "object",
    "description": "What is wrong with one field.",
    "required": ["pointer", "code", "detail"],
    "properties": {
        "pointer": {"type": "string", "description": "RFC 6901 pointer to the field"},
        "code": {"type": "string", "description": "Stable name"},
        "detail": {"type": "string", "description": "A sentence"},
    },
}
REFUSED: Final[Document] = {
    "description": "Refused; the code says why",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
BEARER: Final[Document] = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "An access token of the identity service whose audience is this service. Never a cookie.",
}
IDEMPOTENCY_KEY: Final[Document] = {
    "name": idempotency.HEADER.title(),
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": idempotency.MAX_KEY_LENGTH},
    "description": "A value of your own; sending the request again with it gives the first answer again",
}
OPEN_READS = "/api/"
"""Under this path a read may be open to guests: the token is optional there."""


def install(app: FastAPI) -> None:
    """Completes the document once, when it is first asked for."""
    plain = app.openapi

    def openapi() -> Document:
        fresh = app.openapi_schema is None
        document = plain()
        if fresh:
            complete(document)
        return document

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Each operation with its path and method."""
    for path, methods in document.get("paths", {}).items():
        for method in METHODS:
            if method in methods:
                yield path, method, methods[method]


def complete(document: Document) -> None:
    """FastAPI's own errors make way for ours; every operation says how it refuses and who may call."""
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas |= {"Problem": PROBLEM, "FieldProblem": FIELD_PROBLEM}
    components["securitySchemes"] = {"bearer": BEARER}
    for path, method, operation in operations(document):
        responses = operation.setdefault("responses", {})
        responses.pop("422", None)
        responses.setdefault("4XX", REFUSED)
        guests: list[Document] = [{}] if method == "get" and path.startswith(OPEN_READS) else []
        operation.setdefault("security", [{"bearer": []}, *guests])
        named = {parameter["name"].lower() for parameter in operation.get("parameters", ())}
        if method in ("post", "patch") and path.startswith(OPEN_READS) and "idempotency-key" not in named:
            operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
