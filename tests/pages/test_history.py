"""What changed between two texts, line by line."""

import time

import pytest

from shared.tools.topics.history import Line, Work, compare


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("same", "same", []),
        ("", "new", [("new", "new")]),
        ("old", "", [("old", "old")]),
        ("a\nb\nc", "a\nB\nc", [("same", "a"), ("old", "b"), ("new", "B"), ("same", "c")]),
        (
            "1\n2\n3\n4\nx",
            "1\n2\n3\n4\ny",
            [("gap", ""), ("same", "3"), ("same", "4"), ("old", "x"), ("new", "y")],
        ),
    ],
)
def test_compare(before: str, after: str, expected: list[tuple[str, str]]) -> None:
    found = compare(before, after)
    assert found is not None
    assert [(line.side, line.text) for line in found] == expected


def test_far_changes_have_a_gap_between_them() -> None:
    lines = [str(number) for number in range(40)]
    changed = ["first", *lines[1:39], "last"]
    found = compare("\n".join(lines), "\n".join(changed)) or []
    assert [line.side for line in found].count("gap") == 1
    assert Line("new", "last") in found


def test_what_one_page_compares_has_an_end() -> None:
    """Each comparison may be as large as allowed, but not all of a page."""
    text, work = "\n".join(str(number) for number in range(600)), Work()
    compared = [compare(text, f"{number}\n{text}", work) is not None for number in range(20)]
    assert compared == [True, True] + [False] * 18


def test_texts_of_any_length_are_answered_soon() -> None:
    """Comparing is cut off by size: nobody can make the service think for minutes."""
    started = time.process_time()
    many = "\n" * 50_000
    assert compare(many, "x" + many) is None
    alike = "\n".join("ab"[number % 2] for number in range(600))
    assert compare(alike, alike.replace("a", "b", 100)) is not None
    assert time.process_time() - started < 20
