"""The parts in real Chromium: no findings by axe, nothing too wide, themes that cannot be mistaken."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

WIDTHS = (1280, 800, 390, 320)
BRIGHTNESS = """selector => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  canvas.fillStyle = getComputedStyle(document.querySelector(selector)).backgroundColor;
  canvas.fillRect(0, 0, 1, 1);
  const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data;
  return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
}"""
SMALL_TARGETS = """() => [...document.querySelectorAll('button, summary, select, .input, .btn, .nav a')]
  .filter(target => target.checkVisibility() && !target.closest('.foot'))
  .map(target => [target, target.getBoundingClientRect()])
  .filter(([_, box]) => box.width && (box.height < 24 || box.width < 24))
  .map(([target, box]) => `${target.outerHTML.slice(0, 80)} ${box.width} x ${box.height}`)"""


def open_page(browser: Browser, url: str, width: int, scheme: Any, *, script: bool = True) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script
    )
    page = context.new_page()
    page.goto(url)
    return page


@pytest.fixture
def desk(browser: Browser, address: str) -> Iterator[Page]:
    """The parts page of the inside at a desk's width."""
    page = open_page(browser, f"{address}/dev/parts?theme=inside", 1280, "light")
    yield page
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/dev/parts", "/problem/404"])
@pytest.mark.parametrize("theme", ["inside", "outside", "identity"])
def test_axe_finds_nothing(browser: Browser, address: str, theme: str, path: str, scheme: str) -> None:
    for width in (1280, 390):
        page = open_page(browser, f"{address}{path}?theme={theme}", width, scheme)
        found = Axe().run(page).response["violations"]
        page.context.close()
        assert [(f["id"], [n["html"][:120] for n in f["nodes"]]) for f in found] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_window(browser: Browser, address: str, width: int) -> None:
    page = open_page(browser, f"{address}/dev/parts?theme=outside", width, "light")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(SMALL_TARGETS) == []
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_inside_and_outside_differ_without_colour(browser: Browser, address: str, scheme: str) -> None:
    """By brightness of the header, by the words in it, by the shape of the mark."""
    seen = {}
    for theme in ("inside", "outside"):
        page = open_page(browser, f"{address}/dev/parts?theme={theme}", 390, scheme)
        expect(page.locator(".brand small")).to_be_visible()
        seen[theme] = (
            page.evaluate(BRIGHTNESS, ".head"),
            page.locator(".brand small").inner_text(),
            str(page.locator("link[rel=icon]").get_attribute("href")).split("?")[0],
        )
        page.context.close()
    assert seen["outside"][0] - seen["inside"][0] > 0.4
    assert seen["outside"][1] != seen["inside"][1]
    assert seen["outside"][2] != seen["inside"][2]


def test_an_official_answer_wears_the_outside_on_the_desk(desk: Page) -> None:
    inside = desk.evaluate(BRIGHTNESS, "#note > .audience")
    outside = desk.evaluate(BRIGHTNESS, "#answer > .audience")
    assert outside - inside > 0.4
    expect(desk.locator("#answer > .audience")).to_contain_text("will read this")
    expect(desk.locator("#answer").get_by_role("button", name="Answer in public")).to_be_visible()


def test_policy_is_kept(browser: Browser, address: str) -> None:
    """No message from the content security policy, no request to another host."""
    page = browser.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/dev/parts")
    assert said == []
    assert [url for url in asked if not url.startswith(address)] == []
    page.close()


def test_shortcuts(desk: Page) -> None:
    desk.evaluate("document.activeElement.blur()")
    desk.keyboard.press("/")
    expect(desk.locator("#site-search")).to_be_focused()
    desk.keyboard.type("?")
    expect(desk.locator("dialog[open]")).to_have_count(0)
    desk.evaluate("document.activeElement.blur()")
    desk.keyboard.press("j")
    desk.keyboard.press("j")
    expect(desk.locator(".list .topic").nth(1).locator("h3 a")).to_be_focused()
    desk.keyboard.press("k")
    expect(desk.locator(".list .topic").first.locator("h3 a")).to_be_focused()
    desk.keyboard.press("r")
    expect(desk.locator("#reply-text")).to_be_focused()
    desk.evaluate("document.activeElement.blur()")
    desk.keyboard.press("?")
    dialog = desk.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    dialog.get_by_label("Turn off single-key shortcuts").check()
    dialog.get_by_role("button", name="Close").click()
    desk.keyboard.press("/")
    expect(desk.locator("#site-search")).not_to_be_focused()


def test_home_by_g_h(desk: Page) -> None:
    desk.evaluate("document.activeElement.blur()")
    desk.keyboard.press("g")
    desk.keyboard.press("h")
    desk.wait_for_url("**/")


def test_times_stay_fresh_in_the_same_words(desk: Page) -> None:
    desk.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert desk.locator(".topic time").all_inner_texts() == [
        "15 minutes ago",
        "5 hours ago",
        "2 days ago",
        "3 days ago",
    ]


def test_menu_and_dialog_work_without_script(browser: Browser, address: str) -> None:
    page = open_page(browser, f"{address}/dev/parts?theme=outside", 390, "light", script=False)
    page.locator(".burger > summary").click()
    expect(page.locator(".burger nav a").first).to_be_visible()
    page.locator(".burger > summary").click()
    page.get_by_role("button", name="Open a dialog").click()
    expect(page.get_by_role("dialog", name="Share this question")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog", name="Share this question")).to_be_hidden()
    page.context.close()


def test_skip_link_comes_first(browser: Browser, address: str) -> None:
    page = open_page(browser, f"{address}/problem/404?theme=outside", 1280, "light")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.context.close()


def test_the_page_of_parts_begins_at_its_top(desk: Page) -> None:
    assert desk.evaluate("scrollY") == 0
    expect(desk.get_by_role("alert")).not_to_be_focused()


def test_our_files_are_fetched_once_though_a_cookie_is_sent(browser: Browser, address: str) -> None:
    context = browser.new_context()
    context.add_cookies([{"name": "session", "value": "x", "url": address}])
    page = context.new_page()
    fetched = "performance.getEntriesByType('resource').filter(e => e.transferSize > 0).map(e => e.name)"
    page.goto(f"{address}/dev/parts", wait_until="networkidle")
    first = page.evaluate(fetched)
    page.goto(f"{address}/dev/parts", wait_until="networkidle")
    assert len(first) == len(set(first)) >= 4
    assert page.evaluate(fetched) == []
    context.close()
