"""Reading, asking and answering as people do: with a mouse, with the keyboard alone, without script."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def test_read_without_an_account(browser: Browser, outside: Site) -> None:
    context = outside.context(browser)
    page = context.new_page()
    page.goto("/")
    heading(page, "Northwind Community")
    page.get_by_role("main").get_by_role("link", name="Gateways and networks").first.click()
    heading(page, "Gateways and networks")
    expect(page.locator(".page-nav [aria-current]")).to_have_text("Gateways and networks")
    page.get_by_role("link", name="The gateway in our workshop").click()
    heading(page, "The gateway in our workshop drops off every night at two")
    expect(page.get_by_text("Accepted answer")).to_be_visible()
    expect(page.locator("textarea")).to_have_count(0)
    expect(page.get_by_role("main").get_by_role("link", name="Sign in")).to_be_visible()
    page.go_back()
    heading(page, "Gateways and networks")
    page.goto("/s/lounge")
    heading(page, "Not found")
    context.close()


def test_ask_with_a_mistake_first(ana: Page) -> None:
    ana.goto("/")
    ana.get_by_role("banner").get_by_role("link", name="Ask a question").click()
    ana.get_by_role("main").get_by_role("link", name="Ask a question").first.click()
    expect(ana.locator(".composer .audience")).to_contain_text("Everyone on the internet")
    ana.get_by_label("Title").fill("Which antenna for a basement?")
    ana.get_by_label("Tags").fill("antenna, Base_ment")
    ana.get_by_label("Text").fill("The gateway stands **below ground**.")
    ana.get_by_role("button", name="Ask your question").click()
    expect(ana.locator(".summary")).to_be_focused()
    expect(ana.locator(".summary")).to_contain_text("Tags are lower-case words")
    expect(ana.get_by_label("Text")).to_have_value("The gateway stands **below ground**.")
    ana.locator(".summary a").click()
    expect(ana.get_by_label("Tags")).to_be_focused()
    ana.get_by_label("Tags").fill("antenna basement")
    ana.get_by_role("button", name="Preview").click()
    expect(ana.locator(".preview strong")).to_have_text("below ground")
    ana.get_by_role("button", name="Ask your question").click()
    heading(ana, "Which antenna for a basement?")
    expect(ana).to_have_url(re.compile(r"/t/[0-9a-f-]{36}/which-antenna-for-a-basement$"))
    expect(ana.get_by_role("link", name="basement", exact=True)).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_answer_vote_and_react(browser: Browser, outside: Site, script: bool) -> None:
    context = outside.context(browser, "priya", java_script_enabled=script)
    page = context.new_page()
    page.goto("/s/gateways")
    page.get_by_role("link", name="How many sensors can one G2").click()
    words = f"We run 180 on one, {'with' if script else 'without'} script."
    page.get_by_label("Your answer").fill(words)
    page.get_by_role("button", name="Post your answer").click()
    mine = page.get_by_role("article").filter(has_text=words)
    expect(mine).to_be_in_viewport()
    other = page.get_by_role("article").first
    before = other.get_by_role("button", name="Vote up").get_attribute("aria-pressed")
    other.get_by_role("button", name="Vote up").click()
    after = page.get_by_role("article").first.get_by_role("button", name="Vote up")
    expect(after).to_have_attribute("aria-pressed", "false" if before == "true" else "true")
    page.get_by_role("article").first.get_by_text("React", exact=True).click()
    label = "Thanks" if script else "Insightful"
    page.get_by_role("article").first.get_by_role("button", name=label).click()
    expect(page.get_by_role("article").first.get_by_role("button", name=label)).to_have_attribute(
        "aria-pressed", "true"
    )
    mine = page.get_by_role("article").filter(has_text=words)
    mine.get_by_role("link", name="Comment", exact=True).click()
    page.get_by_label("Your comment").fill("In the open field, that is.")
    page.get_by_role("button", name="Post your comment").click()
    expect(page.get_by_role("listitem").filter(has_text="In the open field")).to_be_in_viewport()
    page.get_by_role("article").filter(has_text=words).get_by_role("link", name="Remove", exact=True).click()
    heading(page, "Remove this post?")
    page.get_by_role("button", name="Remove the post").click()
    expect(page.get_by_role("status").filter(has_text="The post was removed")).to_be_visible()
    expect(page.get_by_text(words)).to_have_count(0)
    context.close()


def test_by_keyboard_alone(ana: Page) -> None:
    """Skip link, shortcuts, a reply and its submission, without touching a mouse."""
    ana.goto("/")
    ana.keyboard.press("Tab")
    expect(ana.get_by_role("link", name="Skip to the content")).to_be_focused()
    ana.keyboard.press("Enter")
    expect(ana.locator("#main")).to_be_focused()
    ana.keyboard.press("j")
    expect(ana.locator(".list .topic h3 a").first).to_be_focused()
    ana.keyboard.press("/")
    ana.keyboard.type("leaf wetness")
    ana.keyboard.press("Enter")
    heading(ana, "Search")
    ana.locator("body").press("j")
    ana.keyboard.press("Enter")
    heading(ana, "Where do you mount leaf-wetness sensors?")
    ana.keyboard.press("r")
    expect(ana.get_by_label("Your reply")).to_be_focused()
    ana.keyboard.type("On the north side, typed without a mouse.")
    for _ in range(2):
        ana.keyboard.press("Tab")
    expect(ana.get_by_role("button", name="Post your reply")).to_be_focused()
    ana.keyboard.press("Enter")
    expect(ana.get_by_text("typed without a mouse")).to_be_visible()


def test_edit_and_history(ana: Page) -> None:
    ana.goto("/s/gateways")
    ana.get_by_role("link", name="The gateway in our workshop").click()
    ana.get_by_role("article").first.get_by_role("link", name="Edit", exact=True).first.click()
    text = ana.get_by_label("Text")
    text.fill(text.input_value().replace("reliable for a year", "reliable for two years"))
    ana.get_by_label("Why you change it").fill("counted again")
    ana.get_by_role("button", name="Save your change").click()
    ana.get_by_role("article").first.get_by_role("link", name="edited").click()
    heading(ana, "What it said before")
    expect(ana.locator(".diff .old").first).to_contain_text("reliable for a year")
    expect(ana.locator(".diff .new").first).to_contain_text("reliable for two years")
    expect(ana.get_by_text("counted again").first).to_be_visible()


def test_a_closed_community_shows_a_door(browser: Browser, inside: Site) -> None:
    context = inside.context(browser)
    page = context.new_page()
    for path in ("/", "/s/news", "/nothing/here"):
        page.goto(path)
        heading(page, "Sign in")
        expect(page.get_by_role("navigation", name="Spaces")).to_have_count(0)
        assert "coffee" not in page.content()
    expect(page.get_by_role("main").get_by_role("link", name="Sign in")).to_have_attribute(
        "href", "/sign-in?return_to=%2Fnothing%2Fhere"
    )
    context.close()


def test_manage_a_space(browser: Browser, inside: Site) -> None:
    context = inside.context(browser, "maja", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto("/")
    page.get_by_text("Your menu").locator("..").click()
    page.get_by_role("link", name="Manage").click()
    page.get_by_text("Open a space").click()
    page.locator("#space-name").fill("Depot Ghent")
    page.locator("#space-slug").fill("depot-ghent")
    page.get_by_label("What it is for").fill("Everything about the depot.")
    page.get_by_role("button", name="Open the space").click()
    heading(page, "Depot Ghent")
    page.get_by_label("All members").select_option(label="Read, reply and start topics")
    page.get_by_role("button", name="See who gains and who loses sight").click()
    page.get_by_role("button", name="Change who may do what").click()
    expect(page.locator("#grants .audience")).to_contain_text("All members")
    context.close()
    colleague = inside.context(browser, "ines")
    page = colleague.new_page()
    page.goto("/s/depot-ghent/new")
    expect(page.locator(".composer .audience")).to_contain_text("All members")
    page.goto("/manage")
    heading(page, "Not found")
    colleague.close()
