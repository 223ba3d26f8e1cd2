"""Markdown to HTML that is safe to show: rendered once, when written."""

import re
from html import unescape
from typing import Final

import nh3
from markdown_it import MarkdownIt

from shared.kernel.text import is_blank

_MARKDOWN: Final = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

_TAGS: Final = frozenset(
    [
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "code",
        "dd",
        "del",
        "details",
        "div",
        "dl",
        "dt",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "ol",
        "p",
        "pre",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
        "var",
    ]
)
_ATTRIBUTES: Final = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"src", "alt", "title", "width", "height"},
    "code": {"class"},
    "ol": {"start"},
    "td": {"align"},
    "th": {"align", "scope"},
}
_CLEANER: Final = nh3.Cleaner(
    tags=set(_TAGS),
    clean_content_tags={"script", "style", "iframe", "object", "template", "noscript", "title"},
    attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
    url_schemes={"http", "https", "mailto"},
    link_rel="nofollow ugc noopener",
    strip_comments=True,
)
_TEXT: Final = nh3.Cleaner(tags=set(), clean_content_tags={"script", "style"}, strip_comments=True)


_TAG: Final = re.compile(r"<[^>]*>")


def render(source: str) -> str:
    """CommonMark with tables and strikethrough; HTML in it is admitted as far as it is harmless."""
    return _CLEANER.clean(_MARKDOWN.render(source))


def shows_something(html: str) -> bool:
    """Whether a reader sees anything of it: a character outside of tags, or a picture."""
    return "<img" in html or not is_blank(unescape(_TAG.sub("", html)))


def plain(html: str) -> str:
    """The words alone, still escaped, for excerpts."""
    return " ".join(_TEXT.clean(html.replace("<", " <")).split())
