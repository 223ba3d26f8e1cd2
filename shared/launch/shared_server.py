"""One PostgreSQL for several processes that come and go, such as the workers of a test run.

The first who needs it starts a host process; it stops the server and clears the folder when the last
member has left, however that happened. Membership is a shared file lock, which the kernel takes back from
a killed process; the host waits for the exclusive one, without polling.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.launch.errors import LaunchError
from shared.launch.postgres import THROWAWAY, Postgres

MEMORY = Path("/dev/shm")  # noqa: S108 # memory shared by design; the folder made in it is 0700
ENOUGH_MEMORY = 2 * 1024**3


def fresh_folder() -> Path:
    """A new folder for throw-away data: in memory when 2 GiB are free there, else on disk."""
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ENOUGH_MEMORY
    return Path(tempfile.mkdtemp(prefix="narrowbridge-", dir=MEMORY if roomy else None))


class Member:
    """One process's hold on the server in ``folder``; the server lives while anybody holds it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._hold = os.open(folder / "members", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._hold, fcntl.LOCK_SH)

    def admin_url(self) -> str:
        """The superuser's address; starts the server when nobody has."""
        with locked(self.folder / "start"):
            state = self.folder / "state.json"
            if not state.exists():
                _start_host(self.folder)
            answer = json.loads(state.read_text())
            return str(answer["admin_url"])

    def leave(self) -> None:
        os.close(self._hold)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a file lock; others who want it wait."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _start_host(folder: Path) -> None:
    with (folder / "host.log").open("w") as log:
        host = subprocess.Popen(
            [sys.executable, "-m", "shared.launch.shared_server", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
            cwd=Path(__file__).parents[2],
        )
    assert host.stdout is not None
    answer = host.stdout.readline().strip()
    if answer != "ready":
        raise LaunchError(
            answer or f"The test server did not start: {(folder / 'host.log').read_text()[-500:]}"
        )


def main() -> None:
    folder = Path(sys.argv[1])
    try:
        with Postgres(folder / "postgres", settings=THROWAWAY) as server:
            (folder / "state.json").write_text(json.dumps({"admin_url": server.admin_url}))
            print("ready", flush=True)
            _wait_until_alone(folder)
    except LaunchError as error:
        print(error, flush=True)
    else:
        shutil.rmtree(server.account.root, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_alone(folder: Path) -> None:
    with locked(folder / "members"):
        (folder / "state.json").unlink()


if __name__ == "__main__":
    main()
