"""What people write cannot hurt whoever reads it, and cannot keep the service busy."""

import re
import time
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from markdown_it.rules_block import StateBlock

from shared.web import markdown
from shared.web.markdown import MAX_CELLS, render, shows_something

PAYLOADS = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<img src='javascript:alert(1)'>",
    "<img src=data:text/html;base64,PHNjcmlwdD4=>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=javascript:alert(1)></object><embed src=javascript:alert(1)>",
    "<form action=/sign-out method=post><button>Click</button><input name=x></form>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href=' &#1; javascript:alert(1)'>x</a>",
    "<a href=\"java\tscript:alert(1)\">x</a>",
    "<a href=vbscript:x>x</a><a href=data:text/html,x>x</a><a href=file:///etc/passwd>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](<java\nscript:alert(1)>)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x]: javascript:alert(1)\n\n[x]",
    "![x](javascript:alert(1))",
    "![x](x\" onerror=\"alert(1))",
    "![x\" onerror=\"alert(1)](x)",
    "<javascript:alert(1)>",
    "<a href=\"https://x.example\" onclick=alert(1) style=\"position:fixed\" target=_blank>x</a>",
    "<p style='background:url(javascript:alert(1))' class=btn id=main>x</p>",
    "<div onmouseover=alert(1)>x</div>",
    "<details open ontoggle=alert(1)>x</details>",
    "<base href=//evil.example><link rel=stylesheet href=//evil.example><meta http-equiv=refresh content=0>",
    "<style>@import '//evil.example'</style>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--<img src=x onerror=alert(1)>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?><!DOCTYPE html><html><body onload=alert(1)>",
    "`<script>alert(1)</script>`",
    "```html\n<script>alert(1)</script>\n```",
    "```\"><script>alert(1)</script>\nx\n```",
    "<video><source onerror=alert(1)></video><audio src=x onerror=alert(1)>",
    "<textarea><img src=x onerror=alert(1)></textarea><title><img src=x onerror=alert(1)></title>",
    "<td background=javascript:alert(1)>x</td><input autofocus onfocus=alert(1)>",
    "\u0000<scr\u0000ipt>alert(1)</scr\u0000ipt>",
    "<a href=\"//evil.example\" rel=opener>x</a>",
]  # fmt: skip

TAGS = markdown._TAGS
ATTRIBUTES = {"href", "title", "src", "alt", "width", "height", "class", "start", "align", "scope", "rel"}


class Harmless(HTMLParser):
    """Reads what comes out as a browser would, and refuses whatever is not on the list."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        for name, value in attrs:
            assert name in ATTRIBUTES, name
            if name in ("href", "src"):
                scheme = re.match(r"[\s\x00-\x20]*([a-z0-9+.-]+):", value or "", re.IGNORECASE)
                assert scheme is None or scheme[1].lower() in ("http", "https", "mailto"), value
        if tag == "a" and dict(attrs).get("href"):
            assert dict(attrs)["rel"] == "nofollow ugc noopener"

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment came through")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError("a declaration came through")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_harmful_comes_through(payload: str) -> None:
    for source in (payload, f"> {payload}", f"- {payload}", f"a {payload} b", f"|a|\n|-|\n|{payload}|"):
        checked = Harmless(convert_charrefs=False)
        checked.feed(render(source))
        checked.close()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a **b** *c* ~~d~~ `e<f`", "<p>a <strong>b</strong> <em>c</em> <s>d</s> <code>e&lt;f</code></p>\n"),
        ("```python\nx < 1\n```", '<pre><code class="language-python">x &lt; 1\n</code></pre>\n'),
        (
            '[a](https://x.example/?q=1&r=2 "t")',
            '<p><a href="https://x.example/?q=1&amp;r=2" title="t" rel="nofollow ugc noopener">a</a></p>\n',
        ),
        ("3. a\n4. b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>\n'),
        ("a  \nb", "<p>a<br>\nb</p>\n"),
        ("<kbd>Ctrl</kbd>", "<p><kbd>Ctrl</kbd></p>\n"),
    ],
)
def test_markdown_is_rendered(source: str, expected: str) -> None:
    assert render(source) == expected


def test_a_table_is_a_table() -> None:
    html = render("|a|b|\n|--|:-:|\n|1|2|\n|3|4|\n")
    assert html.count("<tr>") == 3
    assert html.count("<td") == 4
    assert "<thead>" in html


def test_a_large_table_is_a_table_and_a_boundless_one_is_text() -> None:
    row = "|1|2|3|\n"
    assert render("|a|b|c|\n|-|-|-|\n" + row * 500).count("<tr>") == 501
    assert "<table>" not in render("|a" * 100 + "|\n" + "|-" * 100 + "|\n" + "|\n" * MAX_CELLS)


@pytest.mark.parametrize(
    ("html", "shown"),
    [("<p>a</p>", True), ('<p><img src="x"></p>', True), ("", False), ("<p>&nbsp;\u200b</p>\n", False)],
)
def test_what_shows_something(html: str, shown: bool) -> None:
    assert shows_something(html) is shown


N = 50_000
WORST = {
    "quotes": ">" * N,
    "spaced quotes": "> " * (N // 2),
    "brackets": "[" * N,
    "closed brackets": "[a](" * (N // 4),
    "pictures": "![" * (N // 2),
    "nested brackets": "[" * (N // 2) + "]" * (N // 2),
    "hidden ends": "[`]`" * (N // 4),
    "undefined uses": "[a][" * (N // 4),
    "undefined pictures": "![a][" * (N // 5),
    "titles": '[](b "' * (N // 6),
    "tables in a refused one": "|a\n|-\n" * (N // 6),
    "emphasis": "*" * (N // 2) + "a" + "*" * (N // 2 - 1),
    "mixed emphasis": "**a *a " * (N // 7),
    "underscores": "_a" * (N // 2),
    "strikes": "~~a " * (N // 4),
    "backticks": "".join("`" * n + " " for n in range(1, 316)),
    "lists": "- " * (N // 2),
    "nested lists": "".join("  " * n + "- a\n" for n in range(220)),
    "numbers": "1. " * (N // 3),
    "short wide table": "a|" * 200 + "\n" + "-|" * 200 + "\n" + "|\n" * 24_000,
    "wide table": "a|" * 5000 + "\n" + "-|" * 5000 + "\n" + "a\n" * 14_000,
    "pipes": "|" * (N // 2) + "\n" + "|-" * (N // 4),
    "divs": "<div>" * (N // 5),
    "list items": "<ul><li>" * (N // 8),
    "formatting": "<b><p>" * (N // 6),
    "adoption": "<a><i><p>" * (N // 9),
    "tables": "<table><tr><td>" * (N // 15),
    "svg": "<svg>" * (N // 5),
    "open tags": "<a " * (N // 3),
    "comments": "<!--" * (N // 4),
    "instructions": "<?" * (N // 2),
    "character data": "<![CDATA[" * (N // 9),
    "entities": "&" * N,
    "references": "".join(f"[a{n}]: x\n" for n in range(4000)),
    "uses": "[a]: /x\n\n" + "[a]" * 16_000,
    "headings": "# a\n" * (N // 4),
    "escapes": "\\" * N,
    "blank": "\n" * N,
}


@pytest.mark.parametrize("source", WORST.values(), ids=WORST.keys())
def test_the_worst_that_fits_is_bounded(source: str) -> None:
    """CPU time of this thread, so that a busy machine changes little; what it takes is a tenth of this."""
    started = time.thread_time()
    html = render(source[:N])
    assert time.thread_time() - started < 5
    assert len(html) < 20 * N


class Counted:
    """Calls of a function, counted."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function, self.calls = function, 0

    def __call__(self, *given: Any) -> Any:
        self.calls += 1
        return self.function(*given)


@pytest.mark.parametrize("unit", ["[", "![", "[a", "[`]`", "[a][", "![a][", "[[a](b)"])
def test_looking_for_the_ends_of_links_has_an_end(monkeypatch: pytest.MonkeyPatch, unit: str) -> None:
    looked = Counted(markdown._MARKDOWN.inline.skipToken)
    monkeypatch.setattr(markdown._MARKDOWN.inline, "skipToken", looked)
    render(unit * (N // len(unit)))
    assert looked.calls <= markdown.MOST_LOOKED


def test_the_rows_of_a_refused_table_are_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(StateBlock.isEmpty)
    monkeypatch.setattr(StateBlock, "isEmpty", lambda *given: counted(*given))
    assert "<table>" not in render("|a\n|-\n" * (N // 6))
    assert counted.calls < 10 * N


def test_a_text_after_a_refused_table_has_tables() -> None:
    assert render("|a\n|-\n" + "|\n" * MAX_CELLS + "\n|b|\n|-|\n").count("<table>") == 1


def test_a_long_text_keeps_all_its_links() -> None:
    assert render("[a](https://x.example) " * 2_000).count("<a ") == 2_000


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ('<code class="badge badge-official">Official</code>', "<p><code>Official</code></p>\n"),
        ('<code class="language-x ribbon is-warning">Official</code>', "<p><code>Official</code></p>\n"),
        ('<code class="language-c++">x</code>', '<p><code class="language-c++">x</code></p>\n'),
        ("```c#\nx\n```", '<pre><code class="language-c#">x\n</code></pre>\n'),
    ],
)
def test_nobody_dresses_text_as_the_official_badge(source: str, html: str) -> None:
    """The one class that is kept says in which language code is written."""
    assert render(source) == html


@pytest.mark.parametrize(
    ("source", "leads_to"),
    [
        ("See https://example.com/a(b), or not.", ["https://example.com/a(b)"]),
        ("(HTTP://e.example/?a=1)", ["HTTP://e.example/?a=1"]),
        ("[said https://a.example](https://b.example)", ["https://b.example"]),
        ("<a href='https://h.example'>https://i.example</a>", ["https://h.example"]),
        ("`https://c.example`", []),
        ("javascript://x.example https:// xhttps://y.example", []),
    ],
)
def test_bare_addresses_become_links(source: str, leads_to: list[str]) -> None:
    html = render(source)
    assert [part.split('"')[0] for part in html.split('href="')[1:]] == leads_to
    assert html.count('rel="nofollow ugc noopener"') == len(leads_to)


def test_many_brackets_after_an_address_cost_little() -> None:
    began = time.perf_counter()
    render("https://a.example/" + ")" * 50_000)
    assert time.perf_counter() - began < 1


def test_a_text_has_no_first_heading() -> None:
    assert render("# One\n\n## Two\n\n<h1>Three</h1>").split() == [
        "<h2>One</h2>", "<h2>Two</h2>", "<h2>Three</h2>"]  # fmt: skip
