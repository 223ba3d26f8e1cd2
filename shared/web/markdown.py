"""Markdown to HTML that is safe to show: rendered once, when written."""

import asyncio
import re
from html import unescape
from types import SimpleNamespace
from typing import Final

import nh3
from markdown_it import MarkdownIt, helpers
from markdown_it.rules_block import StateBlock, table
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from shared.kernel.text import is_blank

MAX_CELLS: Final = 4_000
"""A table with more cells stays text: rows are filled up to the width of the first, so that a few
characters could ask for tens of thousands of cells."""
MOST_LOOKED: Final = 100_000
"""Steps that a text may cost in looking for the ends of links; any bracket after that stays a bracket. Each
`[` that nothing closes has the rest of its paragraph looked through, so a run of them would take the square
of its length."""
_LONG: Final = 4_000


def _small_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if start < state.env.get("text_until", 0) or not table(state, start, end, True):
        return False
    columns = state.src.count("|", state.bMarks[start], state.eMarks[start]) + 1
    rows = 0
    while start + rows < end and not state.isEmpty(start + rows):
        rows += 1
    if columns * rows > MAX_CELLS:
        state.env["text_until"] = start + rows  # or each of its rows would be counted from again
        return False
    return silent or table(state, start, end, False)


def _end_of_label(state: StateInline, start: int, disableNested: bool = False) -> int:
    """`parseLinkLabel` of markdown-it, as far as the text has steps left; -1 when no label ends."""
    before, left = state.pos, state.env.setdefault("looks_left", MOST_LOOKED)
    state.pos, depth = start + 1, 1
    try:
        while state.pos < state.posMax and left > 0:
            here, marker = state.pos, state.src[state.pos]
            if marker == "]":
                depth -= 1
                if depth == 0:
                    return here
            state.env["looks_left"] = left - 1
            state.md.inline.skipToken(state)
            left = state.env["looks_left"]
            if marker == "[":
                if here == state.pos - 1:
                    depth += 1
                elif disableNested:
                    return -1
        return -1
    finally:
        state.pos = before


_BARE: Final = re.compile(r"(?<![\w/])https?://[^\s<>\"`]+", re.IGNORECASE)
_AFTER: Final = ".,;:!?'*_~"


def _address(found: str) -> str:
    """Without what ends the sentence rather than the address, and a bracket that was opened before it."""
    end, unopened = len(found), found.count(")") - found.count("(")
    while end and (found[end - 1] in _AFTER or (found[end - 1] == ")" and unopened > 0)):
        unopened -= found[end - 1] == ")"
        end -= 1
    return found[:end]


def _link_bare_addresses(state: StateCore) -> None:
    """`https://example.com` in a text leads there; in code and inside of links it stays as it is."""
    for block in state.tokens:
        if block.type == "inline" and block.children and "://" in block.content:
            inside, made = 0, list[Token]()
            for token in block.children:
                html = token.content[:3].lower() if token.type == "html_inline" else ""
                inside += token.type == "link_open" or html in ("<a ", "<a>")
                inside -= token.type == "link_close" or html == "</a"
                made += [token] if inside > 0 or token.type != "text" else _split(state, token)
            block.children = made


def _split(state: StateCore, token: Token) -> list[Token]:
    """The text with a link in place of each address."""
    parts, at, text = list[Token](), 0, token.content
    for match in _BARE.finditer(text):
        shown = _address(match[0])
        href = state.md.normalizeLink(shown)
        if len(shown) <= len("https://") or not state.md.validateLink(href):
            continue
        parts += [
            _text(text[at : match.start()]),
            Token("link_open", "a", 1, attrs={"href": href}),
            _text(shown),
            Token("link_close", "a", -1),
        ]
        at = match.start() + len(shown)
    return [*parts, _text(text[at:])]


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _markdown() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    made.block.ruler.at("table", _small_table, {"alt": ["paragraph", "reference"]})
    made.helpers = SimpleNamespace(  # type: ignore[assignment]  # a module of functions, of which one is ours
        parseLinkDestination=helpers.parseLinkDestination,
        parseLinkLabel=_end_of_label,
        parseLinkTitle=helpers.parseLinkTitle,
    )
    made.core.ruler.push("bare_addresses", _link_bare_addresses)
    return made


_MARKDOWN: Final = _markdown()

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
_LANGUAGE: Final = re.compile(r"language-[\w.+#-]{1,40}")


def _kept(tag: str, attribute: str, value: str) -> str | None:
    """Any other class would let a text wear our badges."""
    return None if attribute == "class" and not _LANGUAGE.fullmatch(value) else value


_CLEANER: Final = nh3.Cleaner(
    tags=set(_TAGS),
    clean_content_tags={"script", "style", "iframe", "object", "template", "noscript", "title"},
    attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
    attribute_filter=_kept,
    url_schemes={"http", "https", "mailto"},
    link_rel="nofollow ugc noopener",
    strip_comments=True,
)
_TEXT: Final = nh3.Cleaner(tags=set(), clean_content_tags={"script", "style"}, strip_comments=True)


_TAG: Final = re.compile(r"<[^>]*>")


def render(source: str) -> str:
    """CommonMark with tables, strikethrough and links from bare addresses; HTML in it is admitted as far as
    it is harmless. A page has one `h1`, its own: what is a first heading in a text becomes a second one."""
    clean = _CLEANER.clean(_MARKDOWN.render(source))
    return clean.replace("<h1>", "<h2>").replace("</h1>", "</h2>")


async def render_apart(source: str) -> str:
    """`render`, beside the event loop when the text is long: the worst of 50,000 characters takes about
    a second, and nobody else should wait for it."""
    return render(source) if len(source) < _LONG else await asyncio.to_thread(render, source)


def shows_something(html: str) -> bool:
    """Whether a reader sees anything of it: a character outside of tags, or a picture."""
    return "<img" in html or not is_blank(unescape(_TAG.sub("", html)))


def plain(html: str) -> str:
    """The words alone, still escaped, for excerpts."""
    return " ".join(_TEXT.clean(html.replace("<", " <")).split())
