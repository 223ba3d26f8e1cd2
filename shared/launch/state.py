"""The folder ``.data``: secrets, what is done already, who runs, and the logs."""

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.launch.account import own_folder
from shared.launch.errors import DiskFull, FolderInUse, LaunchError

PROJECT = Path(__file__).parents[2]


class Folder:
    """One installation's data. Everything in it is 0700 or 0600."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or Path(os.environ.get("NARROWBRIDGE_DATA") or PROJECT / ".data")
        self._lock: int | None = None

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def tls(self) -> Path:
        return self.path / "tls"

    @property
    def has_data(self) -> bool:
        return (self.postgres / "data").exists() or own_folder(self.postgres).exists()

    def make(self) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.logs.mkdir(mode=0o700, exist_ok=True)

    def hold(self) -> None:
        """Keep the folder for this process, until its end; FolderInUse when another has it."""
        self.make()
        lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(lock, 20).decode() or "?"
            os.close(lock)
            raise FolderInUse(f"Already running (process {pid}) with the data in {self.path}.") from None
        os.ftruncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
        self._lock = lock

    def running(self) -> dict[str, Any] | None:
        """What the process that holds the folder says of itself, None when nobody does."""
        try:
            lock = os.open(self.path / "lock", os.O_RDWR)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return self.read("running")
        finally:
            os.close(lock)
        return None

    def read(self, name: str) -> dict[str, Any]:
        """The record ``name``, empty when there is none."""
        try:
            found: dict[str, Any] = json.loads((self.path / f"{name}.json").read_text())
        except FileNotFoundError:
            return {}
        except ValueError:
            raise LaunchError(f"{self.path / name}.json is damaged; restore it, or make reset.") from None
        return found

    def write(self, name: str, record: dict[str, Any]) -> None:
        """Replace the record as a whole, readable by its owner only."""
        target = self.path / f"{name}.json"
        half = target.with_suffix(".new")
        handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(record, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        half.replace(target)

    def update(self, name: str, **values: Any) -> None:
        self.write(name, self.read(name) | values)

    def ensure(self, name: str, key: str, make: Callable[[], Any]) -> Any:
        """A value made once and kept."""
        record = self.read(name)
        if key not in record:
            record[key] = make()
            self.write(name, record)
        return record[key]

    def clear(self) -> None:
        """Remove everything, also what lies elsewhere for an unprivileged user."""
        shutil.rmtree(own_folder(self.postgres), ignore_errors=True)
        shutil.rmtree(self.path, ignore_errors=True)


def explain_os_error(error: OSError) -> LaunchError:
    """A full disk and a forbidden folder, in one line."""
    if error.errno == errno.ENOSPC:
        return DiskFull(f"The disk is full: {error.filename or 'no space left'}.")
    return LaunchError(f"{error.strerror}: {error.filename}" if error.filename else str(error))
