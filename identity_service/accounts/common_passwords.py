"""Passwords that everybody guesses first, folded to lower case. Digits and signs at the end are cut off
before the comparison, so stems are enough."""

from pathlib import Path

COMMON = frozenset(Path(__file__).with_suffix(".txt").read_text("utf-8").split())
