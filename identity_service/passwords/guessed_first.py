"""Passwords that everybody guesses first: stems, and the rules by which people dress them up.

A password is common when it is in the list as it stands, or when a stem is left of it after what people add
was taken away: digits and signs at either end, letters written as digits, the same word twice.
"""

import re
from itertools import product
from pathlib import Path

STEMS = frozenset(Path(__file__).with_name("stems.txt").read_text("utf-8").split())
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn")
_RUNS = (
    *_ROWS,
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "1q2w3e4r5t6y7u8i9o0p",
)
_ADDED = "0123456789!?.,;:$*#@%&+=_-()/ "
_READ_AS = {
    "0": "o",
    "1": "il",
    "3": "e",
    "4": "a",
    "5": "s",
    "7": "t",
    "8": "b",
    "@": "a",
    "$": "s",
    "!": "i",
}
_LIKE_I = str.maketrans({sign: letters[0] for sign, letters in _READ_AS.items()})
_LIKE_L = str.maketrans({sign: letters[-1] for sign, letters in _READ_AS.items()})
_MOST_READINGS = 64
_DATE = re.compile(
    r"(0[1-9]|[12]\d|3[01])[./-]?(0[1-9]|1[0-2])[./-]?(19|20)\d\d"
    r"|(0[1-9]|1[0-2])[./-]?(0[1-9]|[12]\d|3[01])[./-]?(19|20)\d\d"
    r"|(19|20)\d\d[./-]?(0[1-9]|1[0-2])[./-]?(0[1-9]|[12]\d|3[01])"
)


def is_common(folded: str) -> bool:
    """Whether a password, in lower case, is one of those that are tried first."""
    return (
        len(set(folded)) <= 2
        or _DATE.fullmatch(folded) is not None
        or any(_is_known(text) for text in {folded, folded.strip(_ADDED), folded.rstrip(_ADDED)} if text)
    )


def _is_known(text: str) -> bool:
    return any(_is_stem_or_run(reading) for reading in _readings(text))


def _is_stem_or_run(text: str) -> bool:
    half, odd = divmod(len(text), 2)
    if text in STEMS or (not odd and text[:half] == text[half:] and _is_stem_or_run(text[:half])):
        return True
    return len(text) >= 4 and any(text in row * 3 or text in row[::-1] * 3 for row in _RUNS)


def _readings(text: str) -> set[str]:
    """The text, and what it says when its digits and signs are read as letters."""
    choices = [sign + _READ_AS.get(sign, "") for sign in text]
    count = 1
    for choice in choices:
        count *= len(choice)
    if count <= _MOST_READINGS:
        return {"".join(letters) for letters in product(*choices)}
    return {text, text.translate(_LIKE_I), text.translate(_LIKE_L)}
