"""Rules about text that people type."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.text import clean_line, clean_text, is_blank, normalized, slugify, tag_name

ANY = st.text(st.characters(codec=None))


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("  a \t b\n", "a b"),
        ("a\x00b", "a b"),
        ("a\ud800b", "a b"),
        ("cafe\u0301", "caf\u00e9"),
        ("gpj.exe\u202egnp", "gpj.exe gnp"),
        ("\U0001f469\u200d\U0001f4bb", "\U0001f469\u200d\U0001f4bb"),
        ("\u2028a\u2029", "a"),
    ],
)
def test_a_line_is_clean(given_text: str, expected: str) -> None:
    assert clean_line(given_text) == expected


def test_text_keeps_its_lines() -> None:
    assert clean_text("\n\na\r\nb\rc\td\x00\x1b\udfff\n") == "a\nb\nc\td"


@given(ANY)
def test_what_is_clean_stays_so_and_can_be_written(text: str) -> None:
    for clean in (clean_line, clean_text):
        once = clean(text)
        assert clean(once) == once
        assert "\x00" not in once
        once.encode()
    assert "\n" not in clean_line(text)


@pytest.mark.parametrize("text", ["", " \n\t", "\u200b\u200d", "\u3164\u2800", "\u00a0\ufeff"])
def test_what_nobody_sees_is_blank(text: str) -> None:
    assert is_blank(text)
    assert not is_blank(text + ".")


@given(ANY)
def test_a_slug_is_lower_case_words(text: str) -> None:
    slug = slugify(text)
    assert slug == "untitled" or all(word.isalnum() and word.isascii() for word in slug.split("-"))
    assert 0 < len(slug) <= 80
    assert slug == slug.lower()


@pytest.mark.parametrize(
    ("typed", "tag"),
    [(".NET", ".net"), ("C#", "c#"), ("Gro\u0308\u00dfe", "gr\u00f6\u00dfe"), ("a b_c", "a-b-c"), ("--", ""),
     ("-x", "x"), ("y" * 40, "y" * 35)],
)  # fmt: skip
def test_a_tag_is_made_of_what_was_typed(typed: str, tag: str) -> None:
    assert tag_name(typed) == tag


MANY_MARKS = ("a" + "\u0316\u0301" * 150_000, "\u0f73" * 200_000, "\uff9e\u0301\u0300" * 100_000)


@pytest.mark.parametrize("text", MANY_MARKS, ids=["marks", "marks in one character", "narrow marks"])
def test_any_number_of_marks_takes_no_longer_than_as_many_letters(text: str) -> None:
    began = time.perf_counter()
    for clean in (clean_line, clean_text, slugify, tag_name):
        once = clean(text)
        assert clean(once) == once
    assert len(normalized("NFKC", text)) <= 32
    assert time.perf_counter() - began < 5, "the square of their number would be minutes"


def test_a_long_text_of_any_language_stays_whole() -> None:
    text = "\n".join(["नमस्ते दुनिया", "Tiếng Việt", "שָׁלוֹם", "각" * 50, "👩‍💻"] * 4_000)
    assert clean_text(text) == normalized("NFC", text)
    assert clean_text(text).count("\n") == 19_999
    assert len(clean_text("e" + "\u0301" * 30)) == 30
