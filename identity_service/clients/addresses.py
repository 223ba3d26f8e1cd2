"""Which addresses a client may register.

OAuth 2.1 section 2.3, RFC 8252 section 7, OpenID Connect RP-Initiated and Back-Channel Logout.
"""

import re
from typing import Annotated, Final
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, StringConstraints

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_PRIVATE_USE: Final = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")
"""RFC 8252 section 7.1: a domain name in reverse, so that two apps do not take the same scheme."""


def _parts(address: str) -> SplitResult:
    if not address.isascii() or not address.isprintable() or any(sign in address for sign in ' "<>\\^`{|}'):
        raise ValueError("holds characters that an address cannot have")
    parts = urlsplit(address)
    _ = parts.port  # raises ValueError when it is no number
    if parts.fragment or address.endswith("#"):
        raise ValueError("must have no fragment")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must hold no user name")
    if any(part in (".", "..") for part in parts.path.split("/")):
        raise ValueError("must be written without dot segments")
    return parts


def redirect_uri(address: str) -> str:
    """https; http on the loopback; or a private-use scheme of an app. Raises ValueError."""
    parts = _parts(address)
    if parts.scheme == "https" and parts.hostname:
        return address
    if parts.scheme == "http":
        if parts.hostname in LOOPBACK:
            return address
        raise ValueError("plain http is for localhost, 127.0.0.1 and [::1] alone")
    if _PRIVATE_USE.fullmatch(parts.scheme) and not parts.netloc:
        return address
    raise ValueError("must be https, http on the loopback, or a scheme like com.example.app:/callback")


def web_address(address: str) -> str:
    """https, or http on the loopback. Raises ValueError."""
    parts = _parts(address)
    if not parts.hostname or not (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    ):
        raise ValueError("must begin with https://")
    return address


_Address = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
RedirectUri = Annotated[_Address, AfterValidator(redirect_uri)]
WebAddress = Annotated[_Address, AfterValidator(web_address)]
