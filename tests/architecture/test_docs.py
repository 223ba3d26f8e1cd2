"""What the documents name is there: a document that is wrong is worse than none."""

import importlib.util
import re
from pathlib import Path

from tests.architecture.sources import PACKAGES, ROOT, files, nothing

DOCUMENTS = tuple(
    path
    for path in files()
    if path.suffix == ".md" and path.relative_to(ROOT).parts[0] in ("docs", path.name)
)
FOLDERS = (*PACKAGES, "tests", "docs", "deploy", "bench", "examples")
PARTS = ("**Context.**", "**Decision.**", "**Consequences.**", "**Weighed.**")


def found(pattern: str, path: Path) -> list[str]:
    return re.findall(pattern, path.read_text(encoding="utf-8"))


def test_there_is_something_to_check() -> None:
    names = {path.name for path in DOCUMENTS}
    assert {"README.md", "architecture.md", "operations.md", "CONTRIBUTING.md", "SECURITY.md"} <= names


def test_links_lead_somewhere() -> None:
    """Links to files of ours; those to other sites are not asked, since tests use no network."""
    nothing(
        f"{path.relative_to(ROOT)}: {link}"
        for path in DOCUMENTS
        for link in found(r"\]\(([^)#\s]+)", path)
        if "://" not in link and not (path.parent / link).exists()
    )


def test_named_files_and_folders_exist() -> None:
    """`shared/web/edge.py` in backticks is a promise."""
    nothing(
        f"{path.relative_to(ROOT)}: {name}"
        for path in DOCUMENTS
        for name in found(r"`((?:" + "|".join(FOLDERS) + r")/[\w./-]+)`", path)
        if not (ROOT / name).exists()
    )


def test_named_targets_can_be_made() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    nothing(
        f"{path.relative_to(ROOT)}: make {target}"
        for path in DOCUMENTS
        for target in found(r"(?:`|^|\n)make\s([a-z][a-z-]*)", path)
        if target not in targets
    )


def test_named_programs_can_be_run() -> None:
    nothing(
        f"{path.relative_to(ROOT)}: python -m {module}"
        for path in DOCUMENTS
        for module in found(r"python -m ([a-z_.]+[a-z])", path)
        if importlib.util.find_spec(module) is None
    )


def test_named_variables_are_settings() -> None:
    """A variable in capitals with an underscore is in `.env.example` or the Makefile."""
    known = (ROOT / ".env.example").read_text("utf-8") + (ROOT / "Makefile").read_text("utf-8")
    nothing(
        f"{path.relative_to(ROOT)}: {name}"
        for path in DOCUMENTS
        for name in found(r"`([A-Z]+_[A-Z_]+)(?:=[^`]*)?`", path)
        if name not in known
    )


def test_decisions_have_four_parts_and_are_listed() -> None:
    """Context, decision, consequences, what else was weighed; numbered, and found from the list."""
    pages = [path for path in DOCUMENTS if re.match(r"\d{4}-", path.name)]
    listing = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    nothing(
        f"{path.name}: {part}"
        for path in pages
        for part in PARTS
        if part not in path.read_text(encoding="utf-8")
    )
    nothing(path.name for path in pages if f"({path.name})" not in listing)
    assert [int(path.name[:4]) for path in pages] == list(range(1, len(pages) + 1))
