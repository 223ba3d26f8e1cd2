"""What must not stand in an official answer: e-mail addresses, internal hosts, names that were not chosen.

It finds what can be found by form. It does not judge what an answer says; the preview is for that.
"""

import ipaddress
import re
from collections.abc import Iterator
from typing import Final

from shared.bridge.messages import Reply
from shared.kernel.errors import FieldError

_EMAIL: Final = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_HOST: Final = re.compile(r"(?<![\w.@-])(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*(?![\w-])", re.IGNORECASE)
_LOCAL: Final = re.compile(r"(?<![\w.-])localhost(?![\w-])", re.IGNORECASE)
_BARE_URL_HOST: Final = re.compile(r"https?://([a-z0-9-]+)(?=[:/?#\s)\]>]|$)", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")


def findings(reply: Reply, *, internal_endings: tuple[str, ...], staff_name: str | None) -> list[FieldError]:
    """Everything that must be changed before the answer may go out. What was found is not repeated."""
    found = []
    for pointer, text in (("/body", reply.body), ("/public_name", reply.public_name)):
        found += [
            FieldError(pointer, f"bridge.{code}", f"{what} (character {at + 1})")
            for at, code, what in sorted(_in(text, internal_endings))
        ]
    if staff_name and (place := _unchosen(staff_name, reply)) is not None:
        detail = (
            f"Your own name stands here, but you did not choose to be seen with it (character {place + 1})"
        )
        found.append(FieldError("/body", "bridge.staff_name", detail))
    return found


def _in(text: str, endings: tuple[str, ...]) -> Iterator[tuple[int, str, str]]:
    for match in _EMAIL.finditer(text):
        yield match.start(), "email_address", "An e-mail address"
    for match in _HOST.finditer(text):
        if match.group().lower().endswith(tuple(f".{ending}" for ending in endings)):
            yield match.start(), "internal_host", "The name of an internal computer"
    for pattern in (_LOCAL, _BARE_URL_HOST):
        for match in pattern.finditer(text):
            if pattern is _LOCAL or match.group(1).lower() != "localhost":
                yield match.start(), "internal_host", "The name of an internal computer"
    for match in _ADDRESS.finditer(text):
        if _is_internal(match.group()):
            yield match.start(), "internal_address", "An internal network address"


def _is_internal(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return address.is_private or address.is_loopback or address.is_link_local


def _unchosen(staff_name: str, reply: Reply) -> int | None:
    """Where the caller's own name stands in the text without being the chosen public name."""
    name = staff_name.casefold()
    if name in reply.public_name.casefold():
        return None
    at = reply.body.casefold().find(name)
    return at if at >= 0 else None
