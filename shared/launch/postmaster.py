"""The file postmaster.pid: what it says, and whether to believe it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

STATUS_LINE = 7


@dataclass(frozen=True)
class Postmaster:
    """The server in a data folder, as known by its process id."""

    data: Path
    pid: int

    def ready(self) -> bool:
        """A file left by a killed server still says "ready", so its pid has to be this server's."""
        lines = _lines(self.data)
        return (
            len(lines) > STATUS_LINE and lines[0] == str(self.pid) and lines[STATUS_LINE].strip() == "ready"
        )


class Holder(Enum):
    """Who has the process id in the file."""

    NOBODY = auto()
    SERVER = auto()
    DEAD = auto()  # a server that ended and that init has not yet reaped
    STRANGER = auto()


def holder(data: Path) -> tuple[Holder, int]:
    """Who has the pid in the file, and that pid (0 when there is none).

    PostgreSQL refuses to start while that pid exists, whoever has it now; after a restart of a container
    that may be anybody.
    """
    lines = _lines(data)
    if not lines or not lines[0].isdigit():
        return Holder.NOBODY, 0
    pid = int(lines[0])
    program = _program(pid)
    if program is None:
        return Holder.NOBODY, pid
    name, zombie = program
    if "postgres" not in name:
        return Holder.STRANGER, pid
    return (Holder.DEAD if zombie else Holder.SERVER), pid


def forget(data: Path) -> None:
    """Remove the file of a server that is known to be gone."""
    (data / "postmaster.pid").unlink(missing_ok=True)


def _lines(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _program(pid: int) -> tuple[str, bool] | None:
    """The name of a process and whether it is a zombie; None when there is none."""
    if sys.platform == "linux":
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return None
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        return fields["Name"], fields["State"].startswith("Z")
    command = ["ps", "-p", str(pid), "-o", "stat=,comm="]
    state, _, name = subprocess.run(command, capture_output=True, text=True, check=False).stdout.partition(
        " "
    )
    return (os.path.basename(name.strip()), state.startswith("Z")) if state else None
