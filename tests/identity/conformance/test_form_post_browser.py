"""The posted form in a real browser, with and without script."""

from urllib.parse import parse_qs, urlencode

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.identity.conformance.op import CALLBACK, EMAIL, Agent, Provider
from tests.identity.driver import PASSWORD

pytestmark = pytest.mark.browser


def answer_of(page: Page, op: Provider, *, presses: bool) -> dict[str, list[str]]:
    """Sign in and agree; what the browser posts to the client in the end."""
    posted: list[str] = []

    def take(route: Route) -> None:
        posted.append(route.request.post_data or "")
        route.fulfill(status=200, content_type="text/html", body="<h1>Signed in</h1>")

    page.route(f"{CALLBACK}**", take)
    request = Agent(op, "form_post").request(state="a state & <more>")
    page.goto(f"{op.metadata['authorization_endpoint']}?{urlencode(request)}")
    page.fill("#f-email", EMAIL)
    page.fill("#f-password", PASSWORD)
    page.click("form button.btn-primary")
    if page.locator("button[name=allow]").count():
        page.click("button[name=allow]")
    if presses:
        page.click("text=Go on")
    page.wait_for_selector("text=Signed in")
    return parse_qs(posted[0])


@pytest.mark.parametrize("script", [True, False])
def test_the_answer_is_posted_with_and_without_script(browser: Browser, op: Provider, script: bool) -> None:
    context = browser.new_context(java_script_enabled=script, ignore_https_errors=True)
    answer = answer_of(context.new_page(), op, presses=not script)
    assert answer["state"] == ["a state & <more>"]
    assert answer["iss"] == [op.url]
    assert len(answer["code"][0]) >= 43
    context.close()
