"""Which passwords are taken (OWASP ASVS 5.0, 6.2): length counts, composition does not."""

import re
import unicodedata
from collections.abc import Iterable

from identity_service.passwords.errors import WeakPassword
from identity_service.passwords.guessed_first import is_common

MIN_LENGTH = 8
MAX_LENGTH = 256


def normalised(password: str) -> str:
    """NFC, so that the same keys on two machines give the same password. Nothing is cut off; what is too
    long for `check` is refused there, and here makes a password that fits nothing."""
    return unicodedata.normalize("NFC", password[: MAX_LENGTH + 1].encode("utf-8", "replace").decode())


def check(password: str, *, about: Iterable[str] = (), min_length: int = MIN_LENGTH) -> None:
    """Raises WeakPassword with the reason. `about` are words an attacker would try first: name, e-mail."""
    folded = normalised(password).casefold()
    if len(password) < min_length:
        raise WeakPassword(f"Use at least {min_length} characters")
    if len(password) > MAX_LENGTH:
        raise WeakPassword(f"Use at most {MAX_LENGTH} characters")
    if is_common(folded):
        raise WeakPassword("Many people use this password. Choose another, for example four random words")
    for word in (*_words(about), "narrowbridge"):
        if word in folded and len(folded) - len(word) < MIN_LENGTH // 2:
            raise WeakPassword("Do not build the password from your name, your address or this site's name")


def _words(about: Iterable[str]) -> list[str]:
    whole = [text.casefold() for text in about]
    parts = [part for text in whole for part in re.split(r"[\s@.+_-]+", text)]
    return [word for word in (*whole, *parts) if len(word) >= 4]
