"""Make or renew ``.venv`` from the lock. Run by the Makefile with whatever ``python3`` there is.

Nothing of ours is installed yet: standard library only, and no syntax that an old Python would not read,
so that it can say that it is too old. ``--with-dev`` adds what tests and checks need.
"""

import hashlib
import importlib.util
import os
import subprocess
import sys

OLDEST = (3, 11)
PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VENV = os.path.join(PROJECT, ".venv")
STAMP = os.path.join(VENV, ".made-from")
PYTHON = os.path.join(VENV, "bin", "python")
LOCKS = ("uv.lock", "requirements.lock", "pyproject.toml")


def main() -> None:
    digest = lock_digest()
    made = read(STAMP).split()
    has_dev = "dev" in made or os.path.exists(os.path.join(VENV, "bin", "pytest"))
    extent = "dev" if "--with-dev" in sys.argv or has_dev else "run"
    if made == [digest, extent] and os.path.exists(PYTHON):
        return
    check_python()
    say("Bringing .venv to the lock (a first time takes about half a minute) ...")
    if not os.path.exists(PYTHON):
        step([sys.executable, "-m", "venv", VENV], "The environment could not be made")
    if not install_with_uv(extent) and not install_with_pip():
        fail("The packages could not be installed: is the package index reachable? See the lines above.")
    with open(STAMP, "w") as file:
        file.write(digest + " " + extent)


def check_python() -> None:
    if sys.version_info < OLDEST:
        fail(f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed; this is {sys.version.split()[0]}.")
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            fail(
                f"Python's module {module} is missing. On Debian and Ubuntu: "
                f"sudo apt install python{sys.version_info[0]}.{sys.version_info[1]}-venv"
            )


def install_with_uv(extent: str) -> bool:
    """Exactly what the lock names, from where it names it."""
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if not os.path.exists(os.path.join(VENV, "bin", "uv")) and not succeeds([*pip, "uv"]):
        return False
    groups = [] if extent == "dev" else ["--no-dev"]
    return succeeds([PYTHON, "-m", "uv", "sync", "--frozen", "--quiet", *groups])


def install_with_pip() -> bool:
    """The same versions and hashes, from whatever index pip is told to use."""
    say("Trying pip with requirements.lock instead ...")
    lock = os.path.join(PROJECT, "requirements.lock")
    return succeeds([PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock])


def succeeds(command: "list[str]") -> bool:
    variables = dict(os.environ, UV_PROJECT_ENVIRONMENT=VENV, UV_PYTHON_DOWNLOADS="never")
    variables.pop("VIRTUAL_ENV", None)
    return subprocess.call(command, cwd=PROJECT, env=variables) == 0


def step(command: "list[str]", failure: str) -> None:
    answer = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if answer.returncode != 0:
        lines = answer.stdout.decode(errors="replace").strip().splitlines() or ["no reason given"]
        fail(failure + ": " + lines[-1])


def lock_digest() -> str:
    digest = hashlib.sha256(sys.version.encode())
    for name in LOCKS:
        digest.update(read(os.path.join(PROJECT, name)).encode())
    return digest.hexdigest()


def read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def say(text: str) -> None:
    sys.stderr.write(text + "\n")


def fail(text: str) -> None:
    sys.exit(text)


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        fail(f"The environment could not be made: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
