"""As whom PostgreSQL runs: an ordinary user, root in a namespace, an unprivileged user in root's stead."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shared.launch import account
from shared.launch.account import own_folder
from shared.launch.binaries import find_binaries
from shared.launch.errors import LaunchError
from shared.launch.postgres import THROWAWAY, Postgres

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")


@pytest.fixture
def no_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "_works", lambda _account: False)


@as_root
@pytest.mark.usefixtures("no_namespaces")
def test_without_namespaces_root_gives_way_to_an_unprivileged_user(tmp_path: Path) -> None:
    """Folders of pytest are closed to others, so the data and the programs go to a place of their own."""
    root = tmp_path / "postgres"
    try:
        with Postgres(root, settings=THROWAWAY) as server:
            assert server.data.is_relative_to(own_folder(root))
            assert server.data.stat().st_uid != 0
            assert server.query("select 1") == "1"
        with Postgres(root, settings=THROWAWAY) as server:
            assert server.query("select 1") == "1"
    finally:
        shutil.rmtree(own_folder(root), ignore_errors=True)


def python_for(user: int | None) -> str:
    """An interpreter that this user may run: the present one may lie in root's own home."""
    program = "import sys; sys.exit(sys.version_info < (3, 11))"
    for candidate in (os.path.realpath(sys.executable), "/usr/bin/python3"):
        try:
            answer = subprocess.run([candidate, "-c", program], user=user, cwd="/", check=False)
        except OSError:
            continue
        if answer.returncode == 0:
            return candidate
    pytest.skip("there is no Python that an ordinary user may run")


@as_root
def test_an_ordinary_user_runs_it_directly(tmp_path: Path) -> None:
    """The same launcher in a process of the user nobody, whose folders lie where that user can reach them."""
    chosen = account._unprivileged(own_folder(tmp_path), find_binaries())
    script = (
        "from pathlib import Path; import sys; from shared.launch.postgres import THROWAWAY, Postgres\n"
        "with Postgres(Path(sys.argv[1]), settings=THROWAWAY) as server:\n"
        "    print(server.account.options, server.query('select 1'))"
    )
    shutil.copytree(Path(account.__file__).parent, chosen.root / "code" / "shared" / "launch")
    try:
        answer = subprocess.run(
            [python_for(chosen.owner), "-c", script, str(chosen.root / "mine")],
            cwd=chosen.root / "code",
            env={"PATH": "/usr/bin:/bin", "PG_BIN": str(chosen.binaries)},
            user=chosen.owner,
            group=chosen.owner,
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.stdout == "() 1\n", answer.stderr
    finally:
        shutil.rmtree(chosen.root)


@pytest.mark.usefixtures("no_namespaces")
def test_a_user_without_a_name_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with pytest.raises(LaunchError, match="User id 54321 has no name"):
        Postgres(tmp_path / "postgres", settings=THROWAWAY).start()


def test_the_watching_guard_ends_its_program_with_the_parent() -> None:
    """What stands in for the death signal where the kernel has none."""
    guard = subprocess.Popen(
        [sys.executable, "-I", "-S", str(account.GUARD), "--parent", "0", "--watch", "--", "sleep", "600"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert guard.stdin is not None
    assert guard.stdout is not None
    assert int(guard.stdout.readline()) > 0
    guard.stdin.close()
    assert guard.wait(20) != 0
