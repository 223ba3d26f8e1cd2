"""Codes that people read from one screen and type into another (RFC 8628 section 6.1)."""

import secrets

ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
"""No vowels, so that no words come; no digits, so that nothing looks like something else."""
_LENGTH = 8


def new_user_code() -> str:
    """Eight letters of twenty: 34 bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(_LENGTH))


def shown(user_code: str) -> str:
    """In two halves."""
    return f"{user_code[:4]}-{user_code[4:]}"


def read(typed: str) -> str | None:
    """The code somebody typed, in whatever case and with whatever between; None for what can be none."""
    letters = "".join(letter for letter in typed[:40].upper() if letter.isalnum())
    is_one = len(letters) == _LENGTH and all(letter in ALPHABET for letter in letters)
    return letters if is_one else None
