"""Every page in Chromium: nothing too wide, no complaint of axe, nothing heavy, nothing from elsewhere."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser

WIDTHS = (1280, 800, 390, 320)


@pytest.fixture(scope="module", params=["outside", "inside"])
def site(request: pytest.FixtureRequest) -> Site:
    found: Site = request.getfixturevalue(request.param)
    return found


def paths(page: Page, site: Site, who: str | None) -> list[str]:
    """One page of each sort."""
    page.goto("/")
    if site.name == "employee" and who is None:
        return ["/"]
    space = str(page.locator(".cards h3 a").first.get_attribute("href"))
    topic = str(page.locator(".list h3 a").first.get_attribute("href"))
    page.goto(topic)
    person = str(page.locator("article a.name").first.get_attribute("href"))
    post = str(page.locator("article").last.get_attribute("id")).removeprefix("p-")
    found = ["/", space, topic, person, f"/p/{post}/comments", "/search?q=gateway+OR+radio", "/nowhere"]
    if who:
        found += ["/me", "/new", f"{space}/new", f"/p/{post}/history"]
    if who == "maja":
        page.goto("/manage")
        grants = str(page.locator("main th a").first.get_attribute("href"))
        group = str(page.locator("main th a").last.get_attribute("href"))
        first = page_first_post(page, topic)
        found += ["/manage", grants, group, f"/p/{post}/edit", f"/p/{post}/remove", f"/p/{first}/edit"]
    return found


def page_first_post(page: Page, topic: str) -> str:
    page.goto(topic)
    return str(page.locator("article").first.get_attribute("id")).removeprefix("p-")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("who", [None, "maja"])
def test_axe_finds_nothing(browser: Browser, site: Site, who: str | None, scheme: Any) -> None:
    context = site.context(browser, who, color_scheme=scheme, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    for path in paths(page, site, who):
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(path)
            found = Axe().run(page).response["violations"]
            told = [(f["id"], [n["html"][:150] for n in f["nodes"]]) for f in found]
            assert told == [], f"{path} at {width}"
    context.close()


@pytest.mark.parametrize("who", [None, "maja"])
def test_nothing_is_wider_than_the_window(browser: Browser, site: Site, who: str | None) -> None:
    context = site.context(browser, who)
    page = context.new_page()
    for path in paths(page, site, who):
        page.goto(path)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{path} at {width}"
    context.close()


def test_weight_and_policy(browser: Browser, site: Site) -> None:
    """A page, its stylesheet, script and drawings: from our host alone, with no complaint of the browser."""
    context = site.context(browser, "maja")
    page = context.new_page()
    said: list[str] = []
    bodies: dict[str, int] = {}

    def weigh(response: Any) -> None:
        if response.status == 200:
            bodies[response.url] = len(response.body())

    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("response", weigh)
    for path in paths(page, site, "maja"):
        if path == "/nowhere":
            continue
        page.goto(path, wait_until="networkidle")
    assert said == []
    assert [url for url in bodies if not url.startswith(site.url)] == []
    for url, weight in bodies.items():
        assert weight <= 60 * 1024, url


def test_the_two_are_not_mistaken(browser: Browser, inside: Site, outside: Site) -> None:
    seen = {}
    for site in (inside, outside):
        context = site.context(browser, "maja")
        page = context.new_page()
        page.goto("/")
        seen[site.name] = (
            page.title(),
            page.locator("html").get_attribute("data-theme"),
            str(page.locator("link[rel=icon]").get_attribute("href")).split("?")[0],
            page.evaluate("getComputedStyle(document.querySelector('.head')).backgroundColor"),
        )
        context.close()
    assert all(a != b for a, b in zip(seen["employee"], seen["customer"], strict=True))
