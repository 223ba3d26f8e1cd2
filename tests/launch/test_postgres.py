"""Starting PostgreSQL of our own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shared.launch.errors import FolderInUse, LaunchError
from shared.launch.postgres import THROWAWAY, Postgres
from shared.launch.postmaster import Holder, holder

HOLD = """
import sys, time
from pathlib import Path
from shared.launch.postgres import THROWAWAY, Postgres
server = Postgres(Path(sys.argv[1]), settings=THROWAWAY)
server.start()
print(server.data, (server.data / "postmaster.pid").read_text().split()[0], flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("postgres")


def held(root: Path) -> tuple[subprocess.Popen[str], int]:
    """Another process that has started the server in ``root``, and the server's process id."""
    parent = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(root)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert parent.stdout is not None
    return parent, int(parent.stdout.readline().split()[1])


def test_keeps_data_over_a_restart(root: Path) -> None:
    with Postgres(root, settings=THROWAWAY) as server:
        server.query("create table kept (n int); insert into kept values (7)")
    with Postgres(root, settings=THROWAWAY) as server:
        assert server.query("select n from kept") == "7"
        server.query("drop table kept")


def test_what_was_acknowledged_survives_a_stop_that_has_no_time(tmp_path: Path) -> None:
    """DURABLE: the settings of an installation, whose data are to be kept."""
    server = Postgres(tmp_path)
    server.start()
    server.query("create table kept (n int); insert into kept values (7)")
    began = time.monotonic()
    server.stop(within=0)
    assert time.monotonic() - began < 5
    assert "received immediate shutdown request" in server.log.read_text()
    with server:
        assert "was not properly shut down" in server.log.read_text()
        assert server.query("select n from kept") == "7"


def test_its_files_are_closed_to_others(root: Path) -> None:
    with Postgres(root, settings=THROWAWAY) as server:
        assert server.account.root.stat().st_mode & 0o077 == 0
        assert (server.account.root / "password").stat().st_mode & 0o077 == 0


def test_trusts_nobody_without_a_password(root: Path) -> None:
    with Postgres(root, settings=THROWAWAY) as server:
        lines = (server.data / "pg_hba.conf").read_text().splitlines()
        methods = {line.split()[-1] for line in lines if line and not line.startswith("#")}
        assert methods == {"scram-sha-256"}


def test_a_killed_parent_takes_the_server_along(root: Path) -> None:
    parent, server_pid = held(root)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 10
    while holder(root / "data") == (Holder.SERVER, server_pid):
        assert time.monotonic() < deadline, "the server outlived its parent"
        time.sleep(0.02)


def test_starts_again_after_a_killed_server(root: Path) -> None:
    parent, server_pid = held(root)
    os.kill(server_pid, signal.SIGKILL)
    parent.kill()
    parent.wait()
    with Postgres(root, settings=THROWAWAY) as server:
        assert server.query("select 1") == "1"


def test_refuses_a_folder_in_use(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.launch.postgres.GOING", 0.1)
    parent, server_pid = held(root)
    with pytest.raises(FolderInUse, match=f"process {server_pid}"):
        Postgres(root, settings=THROWAWAY).start()
    parent.kill()
    parent.wait()


def test_a_pid_file_that_names_another_program_does_not_stop_the_start(root: Path) -> None:
    with Postgres(root, settings=THROWAWAY) as server:
        pid_file = server.data / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n")
    assert holder(server.data) == (Holder.STRANGER, os.getpid())
    with Postgres(root, settings=THROWAWAY) as server:
        assert server.query("select 1") == "1"


def test_a_taken_port_is_left_for_another(root: Path) -> None:
    with Postgres(root, settings=THROWAWAY) as first:
        port = first.port
        second = Postgres(root.parent / "second", settings=THROWAWAY, preferred_port=port)
        with second:
            assert second.port != port


def test_data_of_another_version_are_named(tmp_path: Path) -> None:
    server = Postgres(tmp_path)
    server.data.mkdir()
    (server.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(LaunchError, match="belong to PostgreSQL 9"):
        server.start()
