"""The vocabulary of sharing, with the words that people read."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Literal

Purpose = Literal["support", "product", "story", "advisory"]
"""As the bridge's contract has them, which is for the bridge alone to import; a test compares."""
Audience = Literal["staff", "systems"]

PURPOSES: Final[dict[Purpose, str]] = {
    "support": "to help with this topic",
    "product": "to improve the product",
    "story": "to tell colleagues how customers work",
    "advisory": "for the advisory groups",
}
AUDIENCES: Final[dict[Audience, str]] = {
    "staff": "staff who look after customers",
    "systems": "staff who look after customers, and the company's customer records",
}


def _choices(words: Mapping[Any, str]) -> list[tuple[str, str]]:
    return [(name, text[0].upper() + text[1:]) for name, text in words.items()]


IN_TEMPLATES: Final = {
    "sharing_purposes": PURPOSES,
    "sharing_audiences": AUDIENCES,
    "sharing_purpose_choices": _choices(PURPOSES),
    "sharing_audience_choices": _choices(AUDIENCES),
}
PURGE_WITHIN: Final = timedelta(hours=24)
"""How long a consumer has, after a withdrawal, to delete and to confirm that it did."""


def random_name() -> str:
    """128 random bits as 32 hexadecimal digits. It carries neither time nor order."""
    return secrets.token_hex(16)
