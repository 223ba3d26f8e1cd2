"""What a feature folder keeps to itself, and what its endpoints leave to it."""

import ast

from tests.architecture.sources import PACKAGES, Function, Source, nothing, product

PRIVATE = frozenset({"queries", "api", "pages"})
COMPOSES = frozenset(
    {"shared.tools.composition", "identity_service.own.routes", "identity_service.admin.routes"}
)
"""Modules that put features together, beside each service's `app`: they name routers and nothing else."""

METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "route", "api_route"})
ENDPOINT = 30


def is_composition(source: Source) -> bool:
    return source.module in COMPOSES or source.path.name == "app.py"


def test_queries_api_and_pages_are_private_to_their_folder() -> None:
    """A foreign SELECT skips its owner's rules: `visibility` is the public door to rows, `service` to acts.

    Only what puts features together names their endpoints; nobody names their statements.
    """
    intruders = []
    for source in product():
        for node, name in source.imports():
            folder, door = opened(name)
            inside = source.module == folder or source.module.startswith(f"{folder}.")
            composed = is_composition(source) and door != "queries"
            if door and not inside and not composed and not source.allows(node, f"foreign {door}"):
                intruders.append(f"{source.at(node)} imports {name}")
    nothing(intruders)


def opened(name: str) -> tuple[str, str]:
    """The feature folder and its private part that an import names; ("", "") when it names none."""
    parts = name.split(".")
    if parts[0] in PACKAGES:
        for place in range(2, len(parts)):
            if parts[place] in PRIVATE:
                return ".".join(parts[:place]), parts[place]
    return "", ""


def endpoints(source: Source) -> list[Function]:
    found = []
    for function in source.functions():
        for decorator in function.decorator_list:
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            if isinstance(target, ast.Attribute) and target.attr in METHODS:
                found.append(function)
    return found


def test_endpoints_are_short() -> None:
    """They bind, call a service method and shape the answer; a rule in an endpoint is missing in its twin."""
    long = [
        f"{source.at(function)} {function.name}: {size} lines"
        for source in product()
        if source.path.stem in ("api", "pages")
        for function in endpoints(source)
        if (size := (function.end_lineno or 0) - function.lineno + 1) > ENDPOINT
    ]
    nothing(long)


def test_endpoints_hold_no_sql() -> None:
    """Statements stand in `queries`, where the actor's visibility is applied once."""
    statements = [
        f"{source.at(node)} imports {name}"
        for source in product()
        if source.path.stem in ("api", "pages")
        for node, name in source.imports()
        if name.split(".")[0] in ("sqlalchemy", "asyncpg") and not name.endswith(".AsyncSession")
    ]
    nothing(statements)


def test_imports_stand_at_the_top() -> None:
    """An import inside a function hides a circle: move the thing instead."""
    hidden = [
        f"{source.at(node)} in {function.name}"
        for source in product()
        for function in source.functions()
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom) and not source.allows(node, "late import")
    ]
    nothing(hidden)


def test_no_relative_imports() -> None:
    """A line that is moved to another file must still mean the same."""
    relative = [
        source.at(node)
        for source in product()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    nothing(relative)
