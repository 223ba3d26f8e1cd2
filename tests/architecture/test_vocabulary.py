"""The library does not know whose community it runs in."""

import re

from tests.architecture.sources import ROOT, files, nothing

FREE = ("shared/bridge/", "shared/oidc/")
TABLE = "shared/launch/table.py"
# PydanticCustomError is no customer.
WORDS = re.compile(r"employee|customer(?!ror)", re.IGNORECASE)


def test_the_library_names_no_community() -> None:
    """What differs between the communities is passed in. A word of one of them under `shared/` is a rule
    of that one, waiting to surprise the other.

    The bridge joins them and identity's clients are named after them; the launcher's table says what to
    start.
    """
    found = []
    for path in files():
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith("shared/") or name.startswith(FREE) or name == TABLE:
            continue
        if path.suffix in (".py", ".html", ".toml", ".json", ".md", ".css", ".js"):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if WORDS.search(line):
                    found.append(f"{name}:{number} {line.strip()[:80]}")
    nothing(found)


def test_no_folder_is_named_after_nothing() -> None:
    """`utils` and its cousins gather what nobody wanted to name."""
    empty = {"utils", "util", "helpers", "helper", "common", "core", "lib", "misc", "base_classes"}
    nothing(
        path.relative_to(ROOT).as_posix()
        for path in files()
        if path.suffix == ".py" and empty & {path.stem, *path.relative_to(ROOT).parts[:-1]}
    )
