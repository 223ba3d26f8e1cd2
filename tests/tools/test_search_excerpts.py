"""A passage that search shows is text: no Markdown, no tags, what was found marked, all of it escaped."""

from html import unescape
from uuid import uuid4

import pytest

from shared.tools.search.service import marked
from tests.tools.conftest import Scene

pytestmark = pytest.mark.asyncio(loop_scope="session")

BODIES = {
    "# Heading with WORD\n\nThen **bold** text, and _more_.": "Heading with [WORD] Then bold text, and more",
    "See [the WORD page](https://example.com/a?b=1&c=2 'a title') first": "See the [WORD] page first",
    "- one WORD\n- second\n\n1. third": "one [WORD] second third",
    "Call `WORD(a, b)`, then wait": "Call [WORD](a, b), then wait",
    "```python\nif WORD < 3 and x > 1:\n    print('&amp; so on')\n```": (
        "if [WORD] < 3 and x > 1: print('&amp; so on"
    ),
    "> quoted WORD\n\nanswer": "quoted [WORD] answer",
    "| a | WORD |\n|---|---|\n| c | d & e |": "a [WORD] c d & e",
    'WORD \\<script>alert(1)\\</script> and `<b onclick="x">` too': (
        '[WORD] <script>alert(1)</script> and <b onclick="x"> too'
    ),
    "WORD <b>in HTML</b> <img src='https://example.com/a' alt='no'> &lt;i&gt; too": "[WORD] in HTML <i> too",
    "WORD &#2;not marked&#3; <mark>nor this</mark>": "[WORD] \ufffdnot marked\ufffd nor this",
    "![WORD in a picture](https://example.com/WORD.png) beside it": "beside it",
}
"""What was written, and the passage as a reader sees it; a stop at its end is not part of it."""


@pytest.mark.parametrize("body", BODIES)
async def test_a_passage_is_plain_text(scene: Scene, body: str) -> None:
    word = "w" + uuid4().hex[:10].translate(str.maketrans("0123456789", "ghijklmnop"))
    await scene.author.post(
        "/topics",
        space=scene.space,
        kind="discussion",
        title=f"About {word}",
        body=body.replace("WORD", word),
    )
    found = await scene.reader.take("/search", q=word)
    excerpt = found["data"][0]["excerpt_html"]
    bare = excerpt.replace("<mark>", "").replace("</mark>", "")
    assert "<" not in bare, "nothing but marks is markup"
    assert ">" not in bare
    shown = unescape(excerpt.replace("<mark>", "[").replace("</mark>", "]"))
    assert shown.replace(word, "WORD") == BODIES[body]


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", "&lt;script&gt;", "<img src=x onerror=y>", "<"]
)
async def test_whatever_comes_is_escaped(hostile: str) -> None:
    shown = marked(f"{hostile} \x02word\x03")
    assert "<script" not in shown
    assert "<img" not in shown
    assert shown.endswith(" <mark>word</mark>")
