"""One request, one transaction, committed at the edge."""

import ast
import re

from tests.architecture.sources import Source, nothing, product

HOLDS = re.compile(r"session|transaction|\bapart\(|\.begin\(")
"""What holds a transaction open."""
EDGE = "shared/db/engine.py"


def calls(source: Source, *methods: str) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in methods
    ]


def test_nothing_commits_but_the_edge() -> None:
    """A second commit splits a request in two: half of it may stay when the other half fails."""
    nothing(
        source.at(call)
        for source in product()
        if source.name != EDGE
        for call in calls(source, "commit")
        if not source.allows(call, "commit")
    )


def test_transactions_are_opened_by_the_edge_and_the_workers() -> None:
    """`Database.transaction()` is the one way in: a transaction of the driver's or of an engine's own would
    commit by itself, where no one looks for a commit.
    """
    own = (EDGE, "shared/db/bootstrap.py", "shared/db/migrations.py")
    found = []
    for source in product():
        for call in calls(source, "transaction", "begin"):
            receiver = ast.unparse(call.func).rpartition(".")[0].lower()
            driver = any(word in receiver for word in ("engine", "connection", "session", "pool"))
            if driver and source.name not in own and not source.allows(call, "transaction"):
                found.append(source.at(call))
    nothing(found)


def test_no_dependency_yields_a_session() -> None:
    """FastAPI ends a `yield` dependency after the answer has gone, unless its scope is the function: a
    commit that fails would look like a success. The communities' commit in the route, identity's with that
    scope.
    """
    found = []
    for source in product():
        if source.path.stem not in ("api", "pages", "deps", "edge", "web"):
            continue
        for function in source.functions():
            yields = any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(function))
            ends_first = re.search(rf"Depends\({function.name}, scope=.function.\)", source.text)
            if yields and not ends_first and HOLDS.search(ast.unparse(function)):
                found.append(f"{source.at(function)} {function.name}")
    nothing(found)


def test_relationships_never_load_by_surprise() -> None:
    """Each `relationship` says `lazy="raise"`: loading is written beside the query, or it does not happen."""
    found = []
    for source in product():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "relationship":
                lazy = {word.arg: ast.unparse(word.value) for word in node.keywords}.get("lazy")
                if lazy not in ("'raise'", "'raise_on_sql'"):
                    found.append(source.at(node))
    nothing(found)


def test_sql_is_not_glued_from_text() -> None:
    """`text()` and `exec_driver_sql()` take literals alone, so that a value can only be bound."""
    found = []
    for source in product():
        if source.path.name in ("bootstrap.py",) or source.name.startswith("shared/db/migrations"):
            continue
        for node in ast.walk(source.tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = ast.unparse(node.func).split(".")[-1]
            composed = isinstance(node.args[0], ast.JoinedStr | ast.BinOp)
            if name in ("text", "exec_driver_sql") and composed and not source.allows(node, "composed sql"):
                found.append(source.at(node))
    nothing(found)
