"""Where PostgreSQL's programs are looked for."""

from pathlib import Path

import pytest

from shared.launch.binaries import NEEDED, find_binaries
from shared.launch.errors import LaunchError


def programs(folder: Path, version: str) -> Path:
    folder.mkdir()
    for name in NEEDED:
        script = folder / name
        script.write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        script.chmod(0o755)
    return folder


def test_the_chosen_folder_comes_first(tmp_path: Path) -> None:
    chosen = programs(tmp_path / "bin", "16.2")
    assert find_binaries({"PG_BIN": str(chosen)}) == chosen


def test_too_old_is_refused(tmp_path: Path) -> None:
    chosen = programs(tmp_path / "bin", "14.9")
    with pytest.raises(LaunchError, match="15 or newer"):
        find_binaries({"PG_BIN": str(chosen)})


def test_a_folder_without_the_server_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="lacks initdb, postgres, psql"):
        find_binaries({"PG_BIN": str(tmp_path)})


def test_the_wheel_comes_before_the_path(tmp_path: Path) -> None:
    assert find_binaries({"PATH": str(tmp_path)}).parent.name == "pginstall"


def test_pg_config_comes_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = programs(tmp_path / "bin", "17.1")
    config = tmp_path / "pg_config"
    config.write_text(f"#!/bin/sh\necho {folder}\n")
    config.chmod(0o755)
    monkeypatch.setattr("shared.launch.binaries._from_wheel", lambda: None)
    assert find_binaries({"PATH": str(tmp_path)}) == folder


def test_nothing_anywhere_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.launch.binaries._from_wheel", lambda: None)
    with pytest.raises(LaunchError, match="set PG_BIN"):
        find_binaries({"PATH": str(tmp_path)})
