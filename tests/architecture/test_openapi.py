"""The OpenAPI document is the contract: it is committed, complete, and never changes unnoticed."""

import json
from typing import Any

import pytest

from shared.web.openapi import operations
from tests.architecture.apps import NAMES, app, paths
from tests.architecture.sources import ROOT, nothing

FOLDER = ROOT / "docs" / "openapi"


def document(name: str) -> dict[str, Any]:
    return app(name).openapi()


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_document_is_the_real_one(name: str) -> None:
    """A client is built against the committed one; `make openapi` renews it, and the difference is read."""
    committed = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert committed == json.loads(json.dumps(document(name))), "the API changed: make openapi"


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_says_what_it_does_and_how_it_answers(name: str) -> None:
    """A summary, a schema for what comes back, and the shape of refusals."""
    found = []
    for path, method, operation in operations(document(name)):
        where = f"{method.upper()} {path}"
        if not operation.get("summary") or operation["summary"].endswith("."):
            found.append(f"{where}: summary {operation.get('summary')!r}")
        if "4XX" not in operation["responses"]:
            found.append(f"{where}: no refusal")
        for status, answer in operation["responses"].items():
            described = [media.get("schema") or media.get("example") for media in answer_media(answer)]
            if status not in ("204", "202", "304") and (not described or {} in described):
                found.append(f"{where}: {status} has no schema")
    nothing(found)


def answer_media(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return list(answer.get("content", {}).values())


@pytest.mark.parametrize("name", NAMES)
def test_bodies_are_closed(name: str) -> None:
    """An unknown field in a body is an error that names it: it would be dropped in silence otherwise."""
    schemas = document(name).get("components", {}).get("schemas", {})
    found = []
    for path, method, operation in operations(document(name)):
        for media in operation.get("requestBody", {}).get("content", {}).values():
            schema = media.get("schema", {})
            resolved = schemas.get(schema.get("$ref", "").rpartition("/")[2], schema)
            if resolved.get("additionalProperties") is not False:
                found.append(f"{method.upper()} {path}: {resolved.get('title', 'body')} takes unknown fields")
    nothing(found)


@pytest.mark.parametrize("name", NAMES)
def test_text_and_lists_in_bodies_have_a_limit(name: str) -> None:
    """A field without an end is filled to the end of memory by somebody."""
    schemas = document(name).get("components", {}).get("schemas", {})
    found = []
    for path, method, operation in operations(document(name)):
        for media in operation.get("requestBody", {}).get("content", {}).values():
            schema = media.get("schema", {})
            resolved = schemas.get(schema.get("$ref", "").rpartition("/")[2], schema)
            for field, about in resolved.get("properties", {}).items():
                if not limited(about, schemas):
                    found.append(f"{method.upper()} {path}: {field} has no limit")
    nothing(found)


def limited(schema: dict[str, Any], schemas: dict[str, Any]) -> bool:
    if "$ref" in schema:
        return limited(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if kinds := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
        return all(limited(kind, schemas) for kind in kinds)
    match schema.get("type"):
        case "string":
            return any(key in schema for key in ("maxLength", "pattern", "format", "enum", "const"))
        case "array":
            return "maxItems" in schema
        case _:
            return True


@pytest.mark.parametrize("name", NAMES)
def test_no_route_is_missing_from_the_document(name: str) -> None:
    """Whatever answers under an API prefix is in the contract."""
    answered = {path for path in paths(app(name)) if path.startswith(("/api/", "/bridge/"))}
    assert answered or name == "identity"
    nothing(answered ^ set(document(name).get("paths", {})))
