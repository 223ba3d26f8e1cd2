"""Apache's mod_auth_openidc guards a folder for colleagues, over HTTPS."""

from collections.abc import Iterator

import pytest

from tests.e2e.browsing import Visitor
from tests.e2e.installation import Installation, within
from tests.interop.apache import Apache

pytestmark = pytest.mark.interop

OUT_WITHIN = 60.0


@pytest.fixture
def browser(apache: Apache) -> Iterator[Visitor]:
    with Visitor(apache.trust.context()) as made:
        yield made


def enter(browser: Visitor, apache: Apache, installation: Installation) -> None:
    """From the site to the sign-in page, through consent, and back to the page that was asked for."""
    page = browser.open(f"{apache.url}/inside/")
    assert page.url.startswith(installation.addresses["identity"]), apache.log()
    page = browser.sign_in(installation.accounts["Ines"])
    if page.forms:
        page = browser.submit("Allow it", allow="yes")
    assert page.url == f"{apache.url}/inside/", apache.log()
    assert "For colleagues" in page.words


def is_in(browser: Visitor, apache: Apache) -> bool:
    return "For colleagues" in browser.open(f"{apache.url}/inside/").words


def test_a_colleague_is_let_in_and_a_customer_is_not(
    apache: Apache, browser: Visitor, installation: Installation
) -> None:
    assert "For everybody" in browser.open(f"{apache.url}/").words
    enter(browser, apache, installation)
    assert is_in(browser, apache)
    with Visitor(apache.trust.context()) as other:
        other.open(f"{apache.url}/inside/")
        page = other.sign_in(installation.accounts["Ana"])
        assert "For colleagues" not in page.words
        assert not is_in(other, apache)


def test_who_signs_out_at_identity_is_out_of_the_site(
    apache: Apache, browser: Visitor, installation: Installation
) -> None:
    enter(browser, apache, installation)
    browser.open(f"{installation.addresses['identity']}/sign-out")
    assert "You are signed out" in browser.submit("Sign out as a colleague").words
    within(OUT_WITHIN, "out by back-channel logout", lambda: not is_in(browser, apache))


def test_who_signs_out_at_the_site_is_out_of_identity(
    apache: Apache, browser: Visitor, installation: Installation
) -> None:
    enter(browser, apache, installation)
    page = browser.open(f"{apache.url}/inside/back?logout={apache.url}/")
    assert page.url.startswith(f"{apache.url}/"), page.words
    assert "For everybody" in page.words
    page = browser.open(f"{apache.url}/inside/")
    assert any("/sign-in" in form.action for form in page.forms), page.words


def test_a_leaver_is_out_of_the_site_within_a_minute(
    apache: Apache, browser: Visitor, installation: Installation
) -> None:
    enter(browser, apache, installation)
    account = installation.accounts["Ines"]["email"]
    try:
        told = installation.command("exec", "identity", "deactivate", "--email", account)
        assert told.returncode == 0, told.stderr
        within(OUT_WITHIN, "out by back-channel logout", lambda: not is_in(browser, apache))
    finally:
        installation.command("exec", "identity", "reactivate", "--email", account)
