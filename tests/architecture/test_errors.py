"""Errors are classes with a stable code; HTTP is known in one place."""

import importlib
import re
from collections import defaultdict

import pytest

from shared.kernel.errors import Problem
from tests.architecture.sources import nothing, product

CODE = re.compile(r"[a-z_]+\.[a-z][a-z0-9_]*")


def problems() -> list[type[Problem]]:
    """Every problem the product can answer with."""
    for source in product():
        declares = re.search(r"^class .*\n(?:.*\n){0,12}?    code = ", source.text, re.MULTILINE)
        if declares:
            importlib.import_module(source.module)
    found, waiting = [], [Problem]
    while waiting:
        family = waiting.pop()
        found.append(family)
        waiting += family.__subclasses__()
    return [one for one in dict.fromkeys(found) if not one.__module__.startswith("tests.")]


@pytest.fixture(scope="module", name="known")
def _known() -> list[type[Problem]]:
    return problems()


def test_codes_are_well_formed(known: list[type[Problem]]) -> None:
    """`area.snake_case`, as clients match on it."""
    nothing(f"{one.__module__}.{one.__name__}: {one.code}" for one in known if not CODE.fullmatch(one.code))


def test_a_code_means_one_thing(known: list[type[Problem]]) -> None:
    """Two classes with one code cannot be told apart by a client. A subclass that only narrows its
    family for our own code keeps the family's.
    """
    by_code: dict[str, set[type[Problem]]] = defaultdict(set)
    for one in known:
        if "code" in vars(one):
            by_code[one.code].add(one)
    nothing(
        f"{code}: {', '.join(sorted(one.__module__ + '.' + one.__name__ for one in classes))}"
        for code, classes in by_code.items()
        if len(classes) > 1
    )


def test_every_problem_has_a_title_of_its_own(known: list[type[Problem]]) -> None:
    """The title is what people read; it never ends in a full stop, since text follows it."""
    nothing(
        f"{one.__module__}.{one.__name__}: {one.title!r}"
        for one in known
        if "code" in vars(one) and ("title" not in vars(one) or one.title.endswith("."))
    )


def test_services_know_no_http_status() -> None:
    """A status in a service is a second place that decides what an error means over HTTP."""
    nothing(
        f"{source.at(node)} imports {name}"
        for source in product()
        if source.path.stem in ("service", "queries", "models", "permissions", "events", "visibility")
        for node, name in source.imports()
        if "HTTPException" in name or name.startswith("http.HTTPStatus")
    )
