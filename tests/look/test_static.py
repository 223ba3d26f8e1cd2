"""Weight and strictness of what is sent: a policy without exceptions needs templates without inline code."""

import gzip
import re
from pathlib import Path

import pytest

from shared.web.templates import STATIC

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted(
    path
    for area in ("shared", "identity_service", "employee_service", "customer_service")
    for path in (ROOT / area).rglob("*.html")
    if "mail/texts" not in path.as_posix()  # mail programs know no stylesheet; these are no pages
)
INLINE = {
    "a style attribute": re.compile(r"\sstyle\s*=", re.I),
    "a style element": re.compile(r"<style", re.I),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)", re.I),
    "an event attribute": re.compile(r"<[^>{]*\son[a-z]+\s*=", re.I),
    "a javascript address": re.compile(r"javascript:", re.I),
    "a file from another host": re.compile(
        r"<(?:script|link|img|iframe)[^>]*(?:src|href)=[\"']?(?:https?:)?//", re.I
    ),
}


def test_stylesheet_is_one_and_light() -> None:
    assert [path.name for path in STATIC.rglob("*.css")] == ["narrowbridge.css"]
    assert (STATIC / "narrowbridge.css").stat().st_size <= 30 * 1024


def test_scripts_are_light() -> None:
    packed = sum(len(gzip.compress(path.read_bytes())) for path in STATIC.rglob("*.js"))
    assert packed <= 25 * 1024


@pytest.mark.parametrize(
    "path", [*STATIC.rglob("*.css"), *STATIC.rglob("*.svg"), *STATIC.rglob("*.js")], ids=lambda p: p.name
)
def test_static_files_name_no_other_host(path: Path) -> None:
    text = path.read_text().replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?://|@import|url\(", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT)))
def test_templates_hold_nothing_inline(path: Path) -> None:
    text = path.read_text()
    found = [what for what, pattern in INLINE.items() if pattern.search(text)]
    assert not found


def test_colours_are_said_once() -> None:
    """Parts take their colours from the tokens; only the layer of tokens may choose a hue of its own."""
    css = (STATIC / "narrowbridge.css").read_text()
    assert not re.search(r"#[0-9a-f]{3,8}\b[^{]*[;}]", css, re.I)
    assert not re.search(r"\b(?:rgb|hsl)a?\(", css)
