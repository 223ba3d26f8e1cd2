"""What must not stand in an official answer: e-mail addresses, internal hosts, names that were not chosen.

It finds what can be found by form, in what was typed and in what a customer would read of it. It does not
judge what an answer says; the preview is for that.
"""

import ipaddress
import re
import unicodedata
from collections.abc import Iterator
from html import unescape
from typing import Final
from urllib.parse import unquote

from shared.bridge.messages import Reply
from shared.kernel.errors import FieldError

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

Found = tuple[int, str, str]
"""Where, the code, and what it is in words."""


def findings(
    reply: Reply, html: str, *, internal_endings: tuple[str, ...], staff_name: str | None
) -> list[FieldError]:
    """Everything that must be changed before the answer may go out; `html` is made of its body. What was
    found is not repeated."""
    found, read = [], _as_read(html)
    for pointer, typed, shown in (
        ("/body", reply.body, read),
        ("/public_name", reply.public_name, _plain(reply.public_name)),
    ):
        found += [
            FieldError(pointer, f"bridge.{code}", f"{what} (character {at + 1})")
            for at, code, what in sorted(_in(typed, internal_endings))
        ]
        known = {fault.code for fault in found if fault.pointer == pointer}
        hidden = {
            code: what for _, code, what in _in(shown, internal_endings) if f"bridge.{code}" not in known
        }
        found += [
            FieldError(pointer, f"bridge.{code}", f"{what}, as it will be read")
            for code, what in hidden.items()
        ]
    if staff_name and _stands_unchosen(staff_name, reply, read):
        detail = "Your own name stands here, but you did not choose to be seen with it"
        found.append(FieldError("/body", "bridge.staff_name", detail))
    return found


def _plain(text: str) -> str:
    """Without what cannot be seen, and with one form for characters that look alike."""
    return _UNSEEN.sub("", unicodedata.normalize("NFKC", text))


def _as_read(html: str) -> str:
    """The words a customer would read, and where its links lead."""
    links = [unquote(unescape(link)) for link in _LINK.findall(html)]
    return _plain("\n".join([unescape(_TAG.sub("", html)), *links]))


def _in(text: str, endings: tuple[str, ...]) -> Iterator[Found]:
    for match in _EMAIL.finditer(text):
        yield match.start(), "email_address", "An e-mail address"
    for match in _HOST.finditer(text):
        if match.group().lower().endswith(tuple(f".{ending}" for ending in endings)):
            yield match.start(), "internal_host", "The name of an internal computer"
    for pattern in (_LOCAL, _BARE):
        for match in pattern.finditer(text):
            yield match.start(), "internal_host", "The name of an internal computer"
    for pattern in (_ADDRESS, _ADDRESS_6):
        for match in pattern.finditer(text):
            if _is_internal(match.group()):
                yield match.start(), "internal_address", "An internal network address"


def _is_internal(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if address.is_unspecified:
        return False
    return address.is_private or address.is_loopback or address.is_link_local


def _stands_unchosen(staff_name: str, reply: Reply, read: str) -> bool:
    """Whether the caller's own name stands in the text without being the chosen public name."""
    name, chosen, typed, shown = (
        " ".join(_plain(text).split()).casefold()
        for text in (staff_name, reply.public_name, reply.body, read)
    )
    return bool(name) and name not in chosen and (name in typed or name in shown)
