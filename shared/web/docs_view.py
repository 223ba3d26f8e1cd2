"""An OpenAPI document as a person reads it: operations by area, shapes, and a request to try."""

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from shared.web.openapi import Document, operations

Words = tuple[tuple[str, str], ...]
"""A text in pieces, each with the anchor it leads to or ""."""

DEEPEST: Final = 4
FORMATS: Final[dict[str, Any]] = {
    "uuid": "0198b4c2-7d5a-7e0b-9c4f-2b1f6a3d8e10",
    "date-time": "2026-03-04T14:05:00Z",
    "date": "2026-03-04",
    "uri": "https://example.com/",
}
PLAIN: Final[dict[str, Any]] = {"string": "text", "integer": 1, "number": 1, "boolean": True, "null": None}
MEANINGS: Final = {"200": "Done", "201": "Made", "202": "Taken on", "204": "Done; no content"}


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A parameter or a field of a shape."""

    name: str
    type: Words
    required: bool
    meaning: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class AnswerRow:
    status: str
    meaning: str
    type: Words


@dataclass(frozen=True, slots=True)
class Operation:
    anchor: str
    method: str
    path: str
    summary: str
    description: str
    token: str
    parameters: Sequence[FieldRow]
    body: Words
    answers: Sequence[AnswerRow]
    curl: str


@dataclass(frozen=True, slots=True)
class Shape:
    anchor: str
    name: str
    description: str
    fields: Sequence[FieldRow]
    example: str


@dataclass(frozen=True, slots=True)
class Guide:
    """A whole document. `areas` are tags with their operations, in the document's order."""

    title: str
    description: str
    areas: Sequence[tuple[str, Sequence[Operation]]]
    shapes: Sequence[Shape]


class Reader:
    """Reads one document."""

    def __init__(self, document: Document, base_url: str) -> None:
        self._document = document
        self._base_url = base_url
        self._schemas: Document = document.get("components", {}).get("schemas", {})

    def guide(self) -> Guide:
        areas: dict[str, list[Operation]] = {}
        for path, method, operation in operations(self._document):
            area = (operation.get("tags") or ["others"])[0]
            areas.setdefault(area, []).append(self._operation(path, method, operation))
        info = self._document["info"]
        shapes = [self._shape(name, schema) for name, schema in sorted(self._schemas.items())]
        return Guide(info["title"], info.get("description", ""), tuple(areas.items()), shapes)

    def _operation(self, path: str, method: str, operation: Document) -> Operation:
        body = _content(operation.get("requestBody", {}))
        security = operation.get("security", [])
        return Operation(
            anchor=f"{method}-{_slug(path)}",
            method=method.upper(),
            path=path,
            summary=operation.get("summary", ""),
            description=operation.get("description", ""),
            token="optional" if {} in security else "required" if security else "none",
            parameters=[self._parameter(one) for one in operation.get("parameters", ())],
            body=self.words(body) if body else (),
            answers=[self._answer(status, one) for status, one in operation["responses"].items()],
            curl=self._curl(path, method, operation, body),
        )

    def _parameter(self, parameter: Document) -> FieldRow:
        meaning = parameter.get("description", "") or parameter["schema"].get("description", "")
        words = self.words(_given(parameter["schema"]))
        return FieldRow(parameter["name"], words, parameter.get("required", False), meaning, parameter["in"])

    def _answer(self, status: str, answer: Document) -> AnswerRow:
        said: str = answer.get("description", "")
        meaning: str = MEANINGS.get(status, said) if said in ("", "Successful Response") else said
        schema = _content(answer)
        return AnswerRow(status, meaning, self.words(schema) if schema else ())

    def _shape(self, name: str, schema: Document) -> Shape:
        required = schema.get("required", ())
        fields = [
            FieldRow(field, self.words(about), field in required, about.get("description", ""))
            for field, about in schema.get("properties", {}).items()
        ]
        example = json.dumps(self.example(schema), indent=2, ensure_ascii=False)
        return Shape(_shape_anchor(name), _shape_name(name), schema.get("description", ""), fields, example)

    def words(self, schema: Document) -> Words:
        """The type in words, with links to shapes."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return ((_shape_name(name), _shape_anchor(name)),)
        for kind in ("anyOf", "oneOf"):
            if kind in schema:
                return _joined([self.words(one) for one in schema[kind]])
        if "const" in schema:
            return ((json.dumps(schema["const"]), ""),)
        if "enum" in schema:
            return ((" or ".join(json.dumps(value) for value in schema["enum"]), ""),)
        if schema.get("type") == "array":
            return (("list of ", ""), *self.words(schema.get("items", {})))
        if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
            return (("map of ", ""), *self.words(schema["additionalProperties"]))
        return ((_limits(schema), ""),)

    def example(self, schema: Document, depth: int = 0) -> Any:
        """A value that fits, from the schema's own examples where there are any."""
        if "$ref" in schema:
            return self.example(self._schemas.get(schema["$ref"].rpartition("/")[2], {}), depth)
        for given in (schema.get("examples") or [None])[0], schema.get("const"), schema.get("default"):
            if given is not None:
                return given
        if "enum" in schema:
            return schema["enum"][0]
        for kind in ("anyOf", "oneOf"):
            if kind in schema:
                return self.example(schema[kind][0], depth)
        if schema.get("type") == "array":
            return [self.example(schema.get("items", {}), depth + 1)] if depth < DEEPEST else []
        if schema.get("type") == "object" or "properties" in schema:
            fields = schema.get("properties", {}) if depth < DEEPEST else {}
            return {name: self.example(about, depth + 1) for name, about in fields.items()}
        return FORMATS.get(schema.get("format", ""), PLAIN.get(schema.get("type", ""), "text"))

    def _curl(self, path: str, method: str, operation: Document, body: Document | None) -> str:
        address, query = path, []
        for parameter in operation.get("parameters", ()):
            value = str(self.example(parameter["schema"]))
            if parameter["in"] == "path":
                address = address.replace("{" + parameter["name"] + "}", value)
            elif parameter["in"] == "query" and parameter.get("required"):
                query.append(f"{parameter['name']}={value.replace(' ', '+')}")
        url = self._base_url + address + ("?" + "&".join(query) if query else "")
        lines = [
            f"curl {shlex.quote(url)}" if method == "get" else f"curl -X {method.upper()} {shlex.quote(url)}"
        ]
        if operation.get("security"):
            lines.append('  -H "Authorization: Bearer $TOKEN"')
        if body:
            lines.append("  -H 'Content-Type: application/json'")
            lines.append(f"  -d {shlex.quote(json.dumps(self.example(body), ensure_ascii=False))}")
        return " \\\n".join(lines)


def _content(holder: Document) -> Document | None:
    """The schema of a body: JSON or problem+json, whichever is there."""
    for media in holder.get("content", {}).values():
        if schema := media.get("schema"):
            return dict(schema)
    return None


def _joined(kinds: Sequence[Words]) -> Words:
    pieces: list[tuple[str, str]] = []
    for kind in kinds:
        pieces += [(" or ", ""), *kind] if pieces else kind
    return tuple(pieces)


def _limits(schema: Document) -> str:
    word = {"string": "text", "object": "object"}.get(schema.get("type", ""), schema.get("type", "anything"))
    low, high = schema.get("minLength", schema.get("minimum")), schema.get("maxLength", schema.get("maximum"))
    unit = " characters" if schema.get("type") == "string" else ""
    extent = "" if high is None else f"{low} to {high}{unit}" if low is not None else f"at most {high}{unit}"
    notes = ", ".join(note for note in (schema.get("format", ""), extent) if note)
    return f"{word} ({notes})" if notes else str(word)


def _slug(path: str) -> str:
    return "-".join(part.strip("{}") for part in path.strip("/").split("/")) or "root"


def _given(schema: Document) -> Document:
    """A parameter's type when it is given: leaving it out is not worth a word."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind.get("type") != "null"]
    return kinds[0] if len(kinds) == 1 else schema


def _shape_name(name: str) -> str:
    """`Page_TopicRow_`, as Pydantic calls a generic type, is a page of TopicRow."""
    outer, _, inner = name.rstrip("_").partition("_")
    return f"{outer} of {inner}" if inner and name.endswith("_") else name


def _shape_anchor(name: str) -> str:
    return f"shape-{name}"
