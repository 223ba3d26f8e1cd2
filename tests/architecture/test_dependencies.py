"""What FastAPI calls for a request runs on the event loop."""

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from identity_service.scim.on_demand import OnDemand
from tests.architecture.apps import NAMES, app


def routes(made: FastAPI | APIRouter) -> Iterator[APIRoute]:
    for route in made.routes:
        folded = getattr(route, "original_router", None)
        if folded is not None:
            yield from routes(folded)
        elif isinstance(late := getattr(route, "app", None), OnDemand):
            yield from routes(late.load())
        elif isinstance(route, APIRoute):
            yield route


def called(dependant: Dependant) -> Iterator[Any]:
    yield dependant.call
    for dependency in dependant.dependencies:
        yield from called(dependency)


def is_coroutine(call: Any) -> bool:
    own = call if inspect.isroutine(call) else type(call).__call__
    return inspect.iscoroutinefunction(own) or inspect.isasyncgenfunction(own)


@pytest.mark.parametrize("name", NAMES)
def test_dependencies_and_endpoints_are_coroutines(name: str) -> None:
    """A plain function is run in a thread, of which there are forty for the whole process: slow ones of one
    caller hold up everyone, and each costs more than what it does.
    """
    every = {call for route in routes(app(name)) for call in called(route.dependant) if call is not None}
    assert every
    assert [f"{call.__module__}.{call.__qualname__}" for call in every if not is_coroutine(call)] == []
