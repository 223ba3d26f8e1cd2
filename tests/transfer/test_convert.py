"""Words, licences and links that mean here what they meant there."""

from datetime import UTC, datetime

import pytest

from shared.tools.transfer.stackexchange.convert import licence, markdown_of_comment, markdown_of_html
from shared.web.markdown import render


@pytest.mark.parametrize(
    ("day", "given", "expected"),
    [
        ((2011, 4, 7), None, "CC BY-SA 2.5"),
        ((2011, 4, 8), None, "CC BY-SA 3.0"),
        ((2018, 5, 1), None, "CC BY-SA 3.0"),
        ((2018, 5, 2), None, "CC BY-SA 4.0"),
        ((2010, 1, 1), "CC BY-SA 4.0", "CC BY-SA 4.0"),
    ],
)
def test_the_licence_follows_from_the_row_or_its_day(
    day: tuple[int, int, int], given: str | None, expected: str
) -> None:
    assert licence(datetime(*day, 23, 59, tzinfo=UTC), given) == expected


@pytest.mark.parametrize(
    ("comment", "html"),
    [
        ("Some *words* and `code`", "<p>Some <em>words</em> and <code>code</code></p>"),
        ("# no heading", "<p># no heading</p>"),
        ("- no list", "<p>- no list</p>"),
        ("+1 for this", "<p>+1 for this</p>"),
        ("1. no list", "<p>1. no list</p>"),
        ("> no quote", "<p>&gt; no quote</p>"),
        ("    no code block", "<p>no code block</p>"),
        ("---", "<p>---</p>"),
        ("```no fence", "<p>```no fence</p>"),
        ("no <b>HTML</b>", "<p>no &lt;b&gt;HTML&lt;/b&gt;</p>"),
        ("`<b>` in code", "<p><code>&lt;b&gt;</code> in code</p>"),
        ("no ![picture](https://a.example/b.png)", "<p>no !<a "),
        ("see [this](https://a.example/b_(c)) now", '<a href="https://a.example/b_(c)"'),
        ("see https://a.example/b_c_d.", 'href="https://a.example/b_c_d" rel="nofollow ugc noopener">'),
        ("(https://a.example/b)", '(<a href="https://a.example/b"'),
        ("**Bold:** https://a.example/x_(y)!", '<a href="https://a.example/x_(y)"'),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("[x](javascript:alert(1))", "<p>"),
    ],
)
def test_a_comment_stays_a_line_of_small_markdown(comment: str, html: str) -> None:
    made = render(markdown_of_comment(comment))
    assert html in made
    assert "javascript:" not in made.replace("(javascript:", "")


def test_html_with_blank_lines_stays_one_block() -> None:
    html = (
        "<p>One *not em*</p>\n\n\n<pre><code>a\n\n  \nb</code></pre>\n\n"
        "<ul>\n<li><p>x</p>\n\n<p>y</p></li>\n</ul>"
    )
    made = render(markdown_of_html(html))
    assert "*not em*" in made
    assert "<code>a\n\n  \nb</code>" in made
    assert made.count("<p>") == 3
    assert markdown_of_html("") == ""
