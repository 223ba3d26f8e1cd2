"""What must not go outside, as far as form tells: e-mail addresses, internal hosts and addresses.

The bridge refuses it; whoever writes an answer looks first, by the same rules.
"""

import ipaddress
import re
import unicodedata
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Final
from urllib.parse import unquote

_MOST_MARKS: Final = 30
# What repeats without bound is possessive (`++`) and begins where a run begins: else each character of a long
# word would be a beginning to try, and 20,000 letters would take the square of that.
_EMAIL: Final = re.compile(r"(?<![\w.+%-])[\w.+%-]++@[\w-]+(?:\.[\w-]+)+")
_HOST: Final = re.compile(r"(?<![\w.@-])(?:[\w-]+\.)+[a-z][a-z0-9-]*(?![\w-])", re.IGNORECASE)
_LOCAL: Final = re.compile(r"(?<![\w.-])localhost(?![\w-])", re.IGNORECASE)
_BARE: Final = re.compile(
    r"(?:(?<![a-z0-9+.-])[a-z0-9+.-]++://(?:[^\s/@]*@)?|(?<![\w:\\])\\\\)"
    r"(?!localhost(?![\w-]))[\w-]+(?![\w-]|\.[\w-])",
    re.IGNORECASE,
)
"""A host without a domain, in an address or in the name of a file server."""
_ADDRESS: Final = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\d|\.\d)")
_ADDRESS_6: Final = re.compile(r"(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])", re.IGNORECASE)
_UNSEEN: Final = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_TAG: Final = re.compile(r"<[^>]*>")
_LINK: Final = re.compile(r'(?:href|src|title|alt)="([^"]*)"')

Found = tuple[int, str, str, str]
"""Where, the code, what it is in words, and the words found."""


def endings_of(domains: str) -> tuple[str, ...]:
    """The endings in a list with commas."""
    return tuple(ending.strip().lower() for ending in domains.split(",") if ending.strip())


def plain(text: str) -> str:
    """Without what cannot be seen, and with one form for characters that look alike."""
    return _UNSEEN.sub("", unicodedata.normalize("NFKC", "".join(_with_few_marks(text))))


def _with_few_marks(text: str) -> Iterator[str]:
    """At most 30 combining marks on one character (UAX #15): sorting more takes the square of them."""
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run <= _MOST_MARKS:
            yield character


def as_read(html: str) -> str:
    """The words a customer would read, and where its links lead."""
    links = [unquote(unescape(link)) for link in _LINK.findall(html)]
    return plain("\n".join([unescape(_TAG.sub("", html)), *links]))


def inner_names(text: str, endings: tuple[str, ...]) -> Iterator[Found]:
    for match in _EMAIL.finditer(text):
        yield match.start(), "email_address", "An e-mail address", match.group()
    for match in _HOST.finditer(text):
        if match.group().lower().endswith(tuple(f".{ending}" for ending in endings)):
            yield match.start(), "internal_host", "The name of an internal computer", match.group()
    for pattern in (_LOCAL, _BARE):
        for match in pattern.finditer(text):
            yield match.start(), "internal_host", "The name of an internal computer", match.group()
    for pattern in (_ADDRESS, _ADDRESS_6):
        for match in pattern.finditer(text):
            if _is_internal(match.group()):
                yield match.start(), "internal_address", "An internal network address", match.group()


def stands_unchosen(name: str, chosen: str, texts: Iterable[str]) -> bool:
    """Whether somebody's own name stands in a text without being in the public name they chose."""
    own = _folded(name)
    return bool(own) and own not in _folded(chosen) and any(own in _folded(text) for text in texts)


def _folded(text: str) -> str:
    return " ".join(plain(text).split()).casefold()


def _is_internal(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if address.is_unspecified:
        return False
    return address.is_private or address.is_loopback or address.is_link_local
