"""Between a telephone and a wide screen: the panels stand beside the text or under it, and nothing is cut."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site
from tests.browser.test_look import paths

pytestmark = pytest.mark.browser

BETWEEN = (1024, 1100, 1101, 1200, 1280, 1366)
TOO_WIDE = """() => [...document.querySelectorAll('.page-panels *')].filter(e => e.checkVisibility())
  .filter(e => e.getBoundingClientRect().right > e.closest('.page-panels').getBoundingClientRect().right + 1)
  .filter(e => !e.closest('.table-box, pre')).map(e => e.outerHTML.slice(0, 90))"""


def panel_is_whole(page: Page, width: int) -> str:
    """What is wrong with the panels of this page, in words."""
    panels = page.locator(".page-panels")
    if not panels.count():
        return ""
    box, main = panels.bounding_box(), page.locator(".page-main").bounding_box()
    assert box
    assert main
    beside = box["x"] >= main["x"] + main["width"]
    if beside and (box["width"] < 220 or main["width"] < 480):
        return f"{box['width']} px of panel beside {main['width']} px of text"
    if not beside and box["y"] < main["y"] + main["height"]:
        return "the panel lies over the text"
    return "; ".join(page.evaluate(TOO_WIDE))


@pytest.mark.parametrize("community", ["outside", "inside"])
def test_panels_are_whole_at_every_width(
    browser: Browser, request: pytest.FixtureRequest, community: str
) -> None:
    site: Site = request.getfixturevalue(community)
    context = site.context(browser, "maja")
    page = context.new_page()
    for path in paths(page, site, "maja"):
        page.goto(path)
        for width in BETWEEN:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} at {width}"
            assert panel_is_whole(page, width) == "", f"{path} at {width}"
    context.close()


@pytest.mark.parametrize("script", [True, False])
def test_a_double_click_asks_once(browser: Browser, outside: Site, script: bool) -> None:
    context = outside.context(browser, "ana", java_script_enabled=script)
    page, title = context.new_page(), f"Asked twice {'with' if script else 'without'} script"
    page.goto("/s/gateways/new")
    page.get_by_label("Title").fill(title)
    page.get_by_label("Text").fill("Once is enough.")
    page.get_by_role("button", name="Ask your question").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    page.goto("/s/gateways")
    expect(page.get_by_role("link", name=title)).to_have_count(1)
    context.close()
