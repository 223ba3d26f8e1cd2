"""Small habits that review would have to repeat for ever."""

import ast
import re

from tests.architecture.sources import ROOT, files, nothing, product, sources, text_files

LATER = re.compile("|".join((r"\bTO" + r"DO\b", r"\bFIX" + r"ME\b", "NotImplemented" + "Error")))
MACHINE = re.compile(r"(?:^|[^a-zA-Z0-9_.-])/(?:wor" + "k|far" + "m|roo" + r"t|home/[a-z]+)/")
SKIPS = frozenset({"pytest.mark.skip", "pytest.mark.skipif", "pytest.mark.xfail"})
COMMANDS = frozenset({"__main__.py", "cli.py", "commands.py", "revise.py", "bootstrap.py", "demo.py"})


def test_nothing_is_put_off() -> None:
    """What is not done is an issue, not a comment: a stub looks like the thing."""
    nothing(
        f"{name}:{number} {line.strip()[:80]}"
        for name, text in text_files()
        if name.endswith((".py", ".html", ".js", ".css", ".toml", ".yml", ".md"))
        for number, line in enumerate(text.splitlines(), 1)
        if LATER.search(line)
    )


def test_no_file_names_a_place_on_one_machine() -> None:
    """A path that exists on one machine only breaks on all others."""
    nothing(
        f"{name}:{number} {line.strip()[:80]}"
        for name, text in text_files()
        if not name.endswith(".lock")
        for number, line in enumerate(text.splitlines(), 1)
        if MACHINE.search(line)
    )


def test_only_commands_print() -> None:
    """Services log structured lines; what is printed has no request id and no level."""
    nothing(
        source.at(node)
        for source in product()
        if source.path.name not in COMMANDS and not source.name.startswith("shared/launch/")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    )


def catches_everything(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or ast.unparse(handler.type) in ("Exception", "BaseException")


def test_a_bug_is_not_answered_as_a_mistake_of_the_caller() -> None:
    """`except Exception` that raises or answers a 4xx hides our bugs behind the caller's name."""
    ours = re.compile(
        r"\b(Invalid|NotFound|Forbidden|Conflict|Unauthenticated|HTTPException|BadRequest)\(|\b4\d\d\b"
    )
    nothing(
        source.at(handler)
        for source in product()
        for handler in ast.walk(source.tree)
        if isinstance(handler, ast.ExceptHandler) and catches_everything(handler)
        if ours.search("\n".join(ast.unparse(line) for line in handler.body))
    )


def test_nothing_is_swallowed() -> None:
    """An `except Exception` logs or raises; silence costs somebody a day."""
    found = []
    for source in product():
        for handler in ast.walk(source.tree):
            if isinstance(handler, ast.ExceptHandler) and catches_everything(handler):
                body = "\n".join(ast.unparse(line) for line in handler.body)
                if not re.search(r"\blog\.|raise\b|_postpone\(|failures\.append", body):
                    found.append(source.at(handler))
    nothing(found)


def test_skipped_tests_say_why() -> None:
    """A skip without a reason is a test nobody misses."""
    found = []
    for source in sources():
        if not source.name.startswith("tests/"):
            continue
        for node in ast.walk(source.tree):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func) in SKIPS
                and not any(word.arg == "reason" for word in node.keywords)
            ):
                found.append(source.at(node))
            if isinstance(node, ast.Assert) and ast.unparse(node.test) == "True":
                found.append(source.at(node))
    nothing(found)


def test_every_module_says_what_it_is_for() -> None:
    """A first line that a stranger can read; empty `__init__` files aside."""
    nothing(
        source.name
        for source in sources()
        if source.text.strip()
        and not ast.get_docstring(source.tree)
        and not source.name.endswith("migrations/env.py")
    )


def test_docstrings_do_not_list_their_parameters() -> None:
    """A docstring says what the signature cannot: a list of `:param x:` repeats it and grows stale."""
    nothing(
        f"{source.at(node)} {node.name}"
        for source in product()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if re.search(r":param |:return|^\s*(Args|Returns|Raises):$", ast.get_docstring(node) or "", re.M)
    )


def test_ignored_findings_name_their_code() -> None:
    """A bare `type: ignore` or `noqa` also hides what comes later."""
    bare = re.compile(r"#\s*(type: ignore(?!\[)|noqa(?!:))")
    nothing(
        f"{source.name}:{number}"
        for source in sources()
        if not source.name.startswith("tests/architecture/")
        for number, line in enumerate(source.lines, 1)
        if bare.search(line)
    )


def test_generated_files_are_not_kept() -> None:
    """Caches, environments and data stay out of the tree that everyone reads."""
    nothing(
        path.relative_to(ROOT).as_posix()
        for path in files()
        if path.suffix in (".pyc", ".log", ".sqlite", ".db") or path.name == ".env"
    )
