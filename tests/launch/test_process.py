"""Which lines of a process a person sees."""

import pytest

from shared.launch.process import IMPORTANT


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("2026-11-22T05:38:06Z [info     ] request path=/errors status=200", False),
        ("2026-11-22T05:38:06Z [warning  ] job failed attempt=2", True),
        ('{"level": "error", "event": "request failed"}', True),
        ('{"level": "info", "event": "request", "path": "/warnings"}', False),
        ("ERROR:    Application startup failed. Exiting.", True),
        ("Traceback (most recent call last):", True),
    ],
)
def test_only_what_needs_attention_is_shown(line: str, shown: bool) -> None:
    assert bool(IMPORTANT.search(line)) is shown
