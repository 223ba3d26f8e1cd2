"""Random calls of every operation in the OpenAPI document: whatever comes, the answer is one of ours."""

import json
import string
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tools.conftest import Scene

pytestmark = pytest.mark.asyncio(loop_scope="session")

ODD_TEXT = st.one_of(
    st.text(max_size=40),
    st.text(alphabet=string.ascii_lowercase, max_size=10),
    st.sampled_from(
        ["\x00", "\ud800", "a" * 60_000, "null", "0198b4c2-7d5a-7e0b-9c4f-2b1f6a3d8e10", "'\"--;"]
    ),
)
ODD = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), ODD_TEXT),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=6,
)
CALLERS = ["guest", "stranger", "reader", "member", "author", "moderator", "manager"]
METHODS = ("get", "post", "put", "patch", "delete")


def right(schema: dict[str, Any], document: dict[str, Any], ids: list[str]) -> st.SearchStrategy[Any]:
    """Values that may well fit a schema; the ids are of things that exist."""
    if "$ref" in schema:
        return right(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document, ids)
    if "anyOf" in schema:
        return st.one_of([right(option, document, ids) for option in schema["anyOf"]])
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")]))
    match schema.get("type"):
        case "object":
            properties = schema.get("properties", {})
            return st.fixed_dictionaries(
                {}, optional={n: right(s, document, ids) for n, s in properties.items()}
            )
        case "array":
            return st.lists(right(schema["items"], document, ids), max_size=3)
        case "integer":
            return st.integers(-2, 120)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case "string" if schema.get("format") == "uuid":
            return st.sampled_from(ids)
        case "string":
            return st.sampled_from(
                ["question", "a-b", "A title to read", "like", "see", "UTC", "Text *of* it"]
            )
    return ODD


@st.composite
def calls(draw: st.DrawFn, document: dict[str, Any], ids: list[str]) -> tuple[str, str, dict[str, Any]]:
    operations = [
        (path, method)
        for path, item in sorted(document["paths"].items())
        for method in METHODS
        if method in item
    ]
    path, method = draw(st.sampled_from(operations))
    operation = document["paths"][path][method]
    query: dict[str, str] = {}
    for parameter in operation.get("parameters", []):
        schema = parameter["schema"]
        value = draw(st.one_of(right(schema, document, ids), right(schema, document, ids), ODD))
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", quote(_plain(value), safe="") or "-")
        elif draw(st.booleans()):
            query[parameter["name"]] = _plain(value)
    more: dict[str, Any] = {"params": query}
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        fitting = right(schema, document, ids)
        body = draw(st.one_of(fitting, fitting, ODD, st.dictionaries(st.text(max_size=5), ODD, max_size=3)))
        more["content"] = json.dumps(body).encode()
        more["headers"] = {"content-type": "application/json", "if-match": "*"}
    return method.upper(), path, more


def _plain(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", "replace").decode().replace("/", "")[:2000]


async def fuzz(scene: Scene, data: st.DataObject, times: int) -> None:
    document = (await scene.house.client.get("/openapi.json")).json()
    ids = [str(scene.space), scene.topic["id"], scene.reply["id"], scene.comment["id"],
           scene.topic["post"]["id"], str(scene.member.id)]  # fmt: skip
    for _ in range(times):
        caller = scene.people[data.draw(st.sampled_from(CALLERS))]
        method, path, more = data.draw(calls(document, ids))
        answer = await caller(method, path, **more)
        told = f"{method} {path} {more}: {answer.status_code} {answer.text[:300]}"
        assert answer.status_code < 500, told
        assert answer.headers["x-request-id"], told
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json", told
            assert answer.json()["status"] == answer.status_code, told
        elif answer.status_code not in (204, 307):
            assert answer.headers["content-type"] == "application/json", told


CHECKS = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@given(data=st.data())
@settings(max_examples=10, **CHECKS)  # type: ignore[arg-type] # as hypothesis documents them
async def test_random_calls(scene: Scene, data: st.DataObject) -> None:
    await fuzz(scene, data, 12)


@pytest.mark.slow
@given(data=st.data())
@settings(max_examples=300, **CHECKS)  # type: ignore[arg-type] # as hypothesis documents them
async def test_random_calls_at_length(scene: Scene, data: st.DataObject) -> None:
    await fuzz(scene, data, 25)
