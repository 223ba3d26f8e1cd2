"""Apache with mod_auth_openidc: a process and a configuration of its own."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from string import Template
from typing import Self

import httpx

from shared.launch.certificates import Certificates
from tests.e2e.installation import Installation
from tests.interop.install import MODULES, apache

HERE = Path(__file__).parent
START = 15.0


class Apache:
    """Runs within a `with` block."""

    def __init__(self, installation: Installation, site: str) -> None:
        self.url = site
        self.trust = Certificates(installation.folder / "tls")
        self.folder = Path(tempfile.mkdtemp(prefix="narrowbridge-apache-"))
        self._issuer = installation.addresses["identity"]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._write()
        program = apache()
        assert program is not None
        command = [program, "-d", str(self.folder), "-f", str(self.folder / "apache.conf"), "-DFOREGROUND"]
        self._process = subprocess.Popen(command, stderr=subprocess.STDOUT, stdout=subprocess.PIPE)
        deadline = time.monotonic() + START
        while not self._answers():
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        """What it has to say of itself."""
        file = self.folder / "error.log"
        return file.read_text() if file.exists() else ""

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/", verify=self.trust.context()).status_code == 200
        except httpx.HTTPError:
            return False

    def _write(self) -> None:
        """Children run as another user where the parent is root: they read what is in this folder."""
        self.folder.chmod(0o755)
        pages = self.folder / "pages"
        for page, words in (("index.html", "For everybody"), ("inside/index.html", "For colleagues")):
            (pages / page).parent.mkdir(parents=True, exist_ok=True)
            (pages / page).write_text(f"<h1>{words}</h1>")
        shutil.copy(self.trust.authority, self.folder / "ca.pem")
        (self.folder / "ca.pem").chmod(0o644)
        values = {
            "folder": self.folder,
            "modules": MODULES,
            "site": self.url,
            "port": self.url.rpartition(":")[2],
            "issuer": self._issuer,
            "certificate": self.trust.certificate,
            "key": self.trust.key,
            "user": "User www-data\nGroup www-data" if os.geteuid() == 0 else "",
        }
        text = Template((HERE / "apache.conf").read_text()).substitute(values)
        (self.folder / "apache.conf").write_text(text)
