"""What the other clients need: `python -m tests.interop.install`. What cannot be installed is said, and the
tests that need it are skipped."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
NODE_MODULES = HERE / "node_modules"
MODULES = Path("/usr/lib/apache2/modules")
PACKAGE = "libapache2-mod-auth-openidc"
"""With it comes apache2-bin: the program alone, without a service of the system."""


def has_openid_client() -> bool:
    return shutil.which("node") is not None and (NODE_MODULES / "openid-client").exists()


def has_apache() -> bool:
    return apache() is not None and (MODULES / "mod_auth_openidc.so").exists()


def apache() -> str | None:
    return shutil.which("apache2", path=f"/usr/sbin:{os.environ.get('PATH', '')}")


def _install_openid_client() -> str:
    """What went wrong; nothing when it is there."""
    if shutil.which("npm") is None:
        return "npm and Node.js 20 or newer are needed, and are not here"
    return _run(["npm", "ci", "--prefix", str(HERE), "--no-fund", "--no-audit"])


def _install_apache() -> str:
    if has_apache():
        return ""
    if shutil.which("apt-get") is None:
        return "it comes as a package of Debian and its kin alone"
    if os.geteuid() != 0:
        return f"only root may install it: sudo apt-get install --no-install-recommends {PACKAGE}"
    return _run(["apt-get", "install", "--yes", "--no-install-recommends", PACKAGE])


def _run(command: list[str]) -> str:
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if answer.returncode == 0 else f"{' '.join(command)}: {answer.stderr.strip()[-500:]}"


def main() -> None:
    for name, install in (("openid-client", _install_openid_client), (PACKAGE, _install_apache)):
        problem = install()
        if problem:
            print(f"{name} cannot be installed, its tests are skipped: {problem}", file=sys.stderr)


if __name__ == "__main__":
    main()
