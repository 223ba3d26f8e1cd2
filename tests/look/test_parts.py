"""Every part is shown on /dev/parts, and the page they make is sound HTML."""

import re
from collections import Counter
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from shared.web.parts_page import THEMES, site_of, values
from shared.web.templates import STATIC, Pages

PARTS = Path(__file__).parents[2] / "shared/web/templates/parts"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
VOID = {"meta", "link", "input", "img", "hr", "br", "use", "path"}


class Outline(HTMLParser):
    """Ids, labels and controls of a page, and tags left open or closed twice."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: Counter[str] = Counter()
        self.labelled: set[str] = set()
        self.controls: list[dict[str, str | None]] = []
        self.described: set[str] = set()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.tags: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags[tag] += 1
        if "id" in values:
            self.ids[str(values["id"])] += 1
        if tag == "label":
            self.labelled.add(str(values.get("for")))
        if tag in ("input", "select", "textarea") and values.get("type") != "hidden":
            self.controls.append(values)
        self.described.update((values.get("aria-describedby") or "").split())
        if tag == "form" and "p" in self.open[-3:]:
            self.wrong.append("a form inside a paragraph")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")


def outline(html: str) -> Outline:
    parser = Outline()
    parser.feed(html)
    parser.close()
    return parser


@pytest.fixture(params=sorted(THEMES))
def html(request: pytest.FixtureRequest, pages: Pages) -> str:
    theme = str(request.param)
    return pages.render("parts.html", site=site_of(theme), **values(NOW, theme))


def test_page_is_sound(html: str) -> None:
    page = outline(html)
    assert (page.wrong, page.open) == ([], [])
    assert [name for name, count in page.ids.items() if count > 1] == []
    assert (page.tags["h1"], page.tags["main"]) == (1, 1)
    assert page.described <= set(page.ids)


def test_every_control_has_a_label(html: str) -> None:
    page = outline(html)
    assert page.controls
    assert {control.get("id") for control in page.controls} <= page.labelled


def test_every_icon_is_drawn(html: str) -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text()))
    used = set(re.findall(r'icons\.svg[^"#]*#([\w-]+)"', html))
    assert used
    assert used <= drawn


def test_every_part_is_shown_and_listed() -> None:
    shown = (PARTS.parent / "parts.html").read_text() + (PARTS.parent / "base.html").read_text()
    listed = (PARTS / "README.md").read_text()
    for path in PARTS.glob("*.html"):
        assert f'"parts/{path.name}"' in shown, path.name
        for macro in re.findall(r"{% macro (\w+)\(", path.read_text()):
            helper = macro in {"described", "under", "markdown_hint"}
            assert helper or f"`{macro}(" in listed, macro


def test_a_page_needs_little(pages: Pages) -> None:
    """A name, a theme and a viewer (or None) are enough."""
    html = pages.render("base.html", site={"name": "Small", "theme": "identity"}, viewer=None)
    assert "<title>Small</title>" in html
    assert outline(html).wrong == []


@pytest.mark.parametrize("status", [403, 404, 409, 412, 422, 429, 500, 503])
def test_errors_say_what_was_kept_and_what_to_do(pages: Pages, status: int) -> None:
    html = pages.render(
        "error.html", site=site_of("outside"), status_code=status, title="It failed", viewer=None
    )
    assert "What was kept" in html
    assert "What you can do" in html
    assert ("Nothing was changed." in html) == (status < 500)


def test_text_from_people_is_escaped(pages: Pages) -> None:
    hostile = '"><script>alert(1)</script>'
    shown = values(NOW, "outside")
    for row in shown["rows"]:
        row.update(title=hostile, space=hostile, author=hostile, excerpt=hostile, tags=[(hostile, "#")])
    for person in ("author", "second", "third", "viewer"):
        shown[person] = {"name": hostile, "id": hostile, "url": hostile, "note": hostile}
    html = pages.render("parts.html", site=site_of("outside"), **shown | {"readers": hostile})
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html
