"""The admin API as its own description says it may be called, and otherwise (Schemathesis)."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from tests.identity.fuzz import hostile
from tests.identity.fuzz.stage import Stage

DOCUMENT = Path(__file__).parents[3] / "docs" / "openapi" / "identity.json"
CALLERS = ("administrator", "colleague", "nobody")
MODES = (GenerationMode.POSITIVE, GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@cache
def operations() -> dict[str, Any]:
    """By method and path."""
    described = schemathesis.openapi.from_path(DOCUMENT)
    found = (each.ok() for each in described.get_all_operations() if isinstance(each, Ok))
    return {each.label: each for each in found}


@cache
def calls(label: str, mode: GenerationMode) -> st.SearchStrategy[Any]:
    strategy: st.SearchStrategy[Any] = operations()[label].as_strategy(generation_mode=mode)
    return strategy


def call(stage: Stage, label: str, data: st.DataObject) -> None:
    caller = data.draw(st.sampled_from(CALLERS))
    case = data.draw(calls(label, data.draw(st.sampled_from(MODES))))
    for name in case.path_parameters or {}:
        if data.draw(st.booleans()):  # of somebody, or something, that there is
            case.path_parameters[name] = data.draw(st.sampled_from(stage.ids(name)))
    headers = {"If-Match": "*"}
    if caller != "nobody":
        headers["Authorization"] = f"Bearer {stage.token(caller)}"
    answer = case.call(base_url=stage.url, headers=headers)
    shown = f"{label} by {caller} {case.body!r}: {answer.status_code} {answer.text[:400]}"
    assert answer.status_code < 500, shown
    kind = answer.headers.get("content-type", [""])[0]
    if answer.status_code >= 400:
        assert kind == "application/problem+json", shown
        assert answer.json()["status"] == answer.status_code, shown
    elif answer.status_code != 204:
        assert kind in ("application/json", "application/x-ndjson"), shown
    assert caller == "administrator" or answer.status_code >= 400, shown


@pytest.mark.parametrize("label", sorted(operations()))
@given(data=st.data())
@settings(max_examples=3, **hostile.SETTINGS)  # type: ignore[arg-type] # as hypothesis documents them
def test_whatever_is_asked_of_the_api_the_answer_is_as_described(
    stage: Stage, label: str, data: st.DataObject
) -> None:
    call(stage, label, data)


@pytest.mark.slow
@pytest.mark.parametrize("label", sorted(operations()))
@given(data=st.data())
@settings(max_examples=40, **hostile.SETTINGS)  # type: ignore[arg-type] # as hypothesis documents them
def test_whatever_is_asked_of_the_api_at_length(stage: Stage, label: str, data: st.DataObject) -> None:
    call(stage, label, data)
