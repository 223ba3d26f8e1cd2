"""What the scrubber finds by form, and that no answer keeps it looking."""

import re
import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.bridge import inner
from shared.web import markdown
from tests.bridge.conftest import Outside

SIMPLE_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
SIMPLE_BARE = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://(?:[^\s/@]*@)?|(?<![\w:\\])\\\\)"
    r"(?!localhost(?![\w-]))[\w-]+(?![\w-]|\.[\w-])",
    re.IGNORECASE,
)
"""The rules as one would write them down first: right, and square in the length of a word."""

Words = st.text("ab.@%:/\\-1_ +é\n", max_size=40)
LONG = """
import sys
from customer_service.bridge.scrub import findings
from shared.bridge.messages import MAX_REPLY, Reply

unit = sys.argv[1]
text = (unit * MAX_REPLY)[:MAX_REPLY]
findings(Reply(body=text, public_name="Support"), text, internal_endings=("internal",), staff_name="Ann")
"""


@given(Words)
def test_the_fast_rule_finds_the_same_addresses(text: str) -> None:
    assert [m.group() for m in inner._EMAIL.finditer(text)] == [
        m.group() for m in SIMPLE_EMAIL.finditer(text)
    ]


@given(Words)
def test_the_fast_rule_misses_no_bare_host(text: str) -> None:
    assert {m.end() for m in SIMPLE_BARE.finditer(text)} <= {m.end() for m in inner._BARE.finditer(text)}


@pytest.mark.parametrize(
    "unit",
    ["a", "a.", "a-", "a@", "a://", "://", ":", "1:", "1.", "\\", "\\\\a", "@", "a:a@", "<", 'href="', "a1"],
)
def test_no_answer_of_any_length_that_fits_keeps_it_looking(unit: str) -> None:
    """In a process of its own, which ends in a second or is stopped: a regular expression cannot be."""
    subprocess.run([sys.executable, "-c", LONG, unit], check=True, timeout=20)


async def test_an_answer_is_rendered_once_and_beside_the_event_loop(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    await outside.share()
    rendered: list[int] = []
    render = markdown.render

    def counted(source: str) -> str:
        rendered.append(threading.get_ident())
        return render(source)

    monkeypatch.setattr(markdown, "render", counted)
    sent = await outside.http.post(
        f"/bridge/v1/threads/{await outside.ref()}/replies?preview=true",
        json={"body": "Update **it**.", "public_name": "Support"},
        headers={"Authorization": f"Bearer {outside.staff()}", "Idempotency-Key": "preview"},
    )
    assert sent.status_code == 200, sent.text
    assert len(rendered) == 1
    assert rendered[0] != threading.get_ident()
