"""`make run TLS=1`: the same over HTTPS, with cookies that nothing but HTTPS carries."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from shared.launch.certificates import Certificates
from tests.e2e.browsing import Visitor
from tests.e2e.installation import Installation

pytestmark = pytest.mark.slow


@pytest.fixture
def over_tls() -> Iterator[Installation]:
    folder = Path(tempfile.mkdtemp(prefix="narrowbridge-tls-"))
    made = Installation(folder, tls=True)
    try:
        made.start()
        yield made
    finally:
        made.clear()
        shutil.rmtree(folder, ignore_errors=True)


def test_one_sign_in_for_both_communities_over_https(over_tls: Installation) -> None:
    trust = Certificates(over_tls.folder / "tls").context()
    inside, outside = over_tls.addresses["employee"], over_tls.addresses["customer"]
    assert inside.startswith("https://localhost:")
    with Visitor(trust) as maja:
        maja.open(inside)
        maja.follow("Sign in")
        page = maja.sign_in(over_tls.accounts["Maja"])
        assert page.url.startswith(inside)
        maja.open(outside)
        assert "Manage" in maja.follow("For staff").links
        names = {cookie.name for cookie in maja.cookies}
        assert {"__Host-narrowbridge-employee", "__Host-narrowbridge-customer"} <= names
        assert all(cookie.secure for cookie in maja.cookies)


def test_only_its_own_authority_vouches_for_it_and_no_plain_http_is_answered(over_tls: Installation) -> None:
    identity = over_tls.addresses["identity"]
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"{identity}/healthz")
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"{identity.replace('https', 'http')}/healthz")
    trust = Certificates(over_tls.folder / "tls").context()
    answer = httpx.get(f"{identity}/healthz", verify=trust)
    assert answer.status_code == 200
    assert "strict-transport-security" not in answer.headers, "localhost is used for other things too"
