"""The files the checks read: everything that belongs to the project, as text and as syntax trees."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("shared", "identity_service", "employee_service", "customer_service")
SERVICES = PACKAGES[1:]
HIDDEN_BUT_OURS = frozenset({".ci", ".env.example", ".gitignore", ".dockerignore"})
NOT_OURS = frozenset({"__pycache__", "node_modules"})

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def module(self) -> str:
        return self.name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    def at(self, node: ast.AST) -> str:
        """`path:line`, as editors take it."""
        return f"{self.name}:{getattr(node, 'lineno', 1)}"

    def allows(self, node: ast.AST, word: str) -> bool:
        """Whether the line carries the named exception `# allowed: <word>, because …`."""
        return f"# allowed: {word}, because" in self.lines[getattr(node, "lineno", 1) - 1]

    def functions(self) -> Iterator[Function]:
        for node in ast.walk(self.tree):
            if isinstance(node, Function):
                yield node

    def imports(self) -> Iterator[tuple[ast.AST, str]]:
        """Every module that is imported, as a dotted name with what is taken from it."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)


@cache
def files() -> tuple[Path, ...]:
    """All files of the project: no caches, no data, no environments."""
    return tuple(sorted(_walk(ROOT)))


def _walk(folder: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.name in NOT_OURS or (entry.name.startswith(".") and entry.name not in HIDDEN_BUT_OURS):
            continue
        if entry.is_dir():
            yield from _walk(entry)
        elif entry.is_file():
            yield entry


@cache
def sources() -> tuple[Source, ...]:
    """All Python files, generated migrations aside."""
    return tuple(_read(path) for path in files() if path.suffix == ".py" and not is_migration(path))


@cache
def product() -> tuple[Source, ...]:
    """What runs in production: the packages, without tests and benchmarks."""
    return tuple(source for source in sources() if source.name.split("/")[0] in PACKAGES)


@cache
def migrations() -> tuple[Source, ...]:
    return tuple(_read(path) for path in files() if path.suffix == ".py" and is_migration(path))


def is_migration(path: Path) -> bool:
    return path.parent.name == "versions" and path.parent.parent.name == "migrations"


def _read(path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    return Source(path, text, ast.parse(text, str(path)))


def text_files() -> Iterator[tuple[str, str]]:
    """Name and content of every file that is text."""
    for path in files():
        try:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def nothing(found: Iterable[str]) -> None:
    """Fails with one line for each find."""
    if lines := sorted(set(found)):
        pytest.fail("\n" + "\n".join(lines), pytrace=False)
