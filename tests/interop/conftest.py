"""One installation over HTTPS with the clients of `clients.yaml`, for all of these tests."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from string import Template

import pytest
from joserfc.jwk import ECKey

from tests.e2e.installation import Installation
from tests.identity.conformance.running import free_port
from tests.interop.apache import Apache
from tests.interop.install import has_apache, has_openid_client

HERE = Path(__file__).parent
KEY = ECKey.generate_key("P-256", auto_kid=True)
"""By which the client of the FAPI profile proves who it is."""


@pytest.fixture(scope="session")
def site() -> str:
    """Where Apache will listen."""
    return f"https://localhost:{free_port()}"


@pytest.fixture(scope="session")
def installation(site: str) -> Iterator[Installation]:
    """Running over HTTPS, with all clients."""
    folder = Path(tempfile.mkdtemp(prefix="narrowbridge-interop-"))
    host = site.removeprefix("https://")
    made = Installation(folder, tls=True, settings={"IDENTITY_PRIVATE_HOSTS": host})
    try:
        made.start()
        apply(made, site)
        yield made
    finally:
        made.clear()
        shutil.rmtree(folder, ignore_errors=True)


def apply(installation: Installation, site: str) -> None:
    """As an operator does it."""
    text = Template((HERE / "clients.yaml").read_text()).substitute(
        installation.addresses, apache=site, key=json.dumps(KEY.as_dict(private=False))
    )
    file = installation.folder / "clients.yaml"
    file.write_text(text)
    answer = installation.command("exec", "identity", "apply", str(file), "--yes")
    assert answer.returncode == 0, answer.stderr


@pytest.fixture
def openid_client() -> None:
    if not has_openid_client():
        pytest.skip("openid-client is not installed: make test-interop")


@pytest.fixture
def apache(installation: Installation, site: str) -> Iterator[Apache]:
    """A site whose folder `/inside` is for colleagues."""
    if not has_apache():
        pytest.skip("libapache2-mod-auth-openidc is not installed: make test-interop")
    with Apache(installation, site) as made:
        yield made
