"""From which web pages a client's tokens may be used: exact origins (RFC 6454), for CORS."""

import re
from collections.abc import Iterable
from typing import Final

from shared.kernel.errors import Conflict

_LABEL: Final = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_ORIGIN: Final = re.compile(
    rf"(?:https://{_LABEL}(?:\.{_LABEL})*|http://(?:localhost|127\.0\.0\.1|\[::1\]))"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?"
)
_DEFAULT_PORTS: Final = {"https": "443", "http": "80"}


class BadOrigin(Conflict):
    code = "clients.bad_origin"
    title = "This is no origin as a browser sends it"


def exact_origins(given: Iterable[str]) -> list[str]:
    """Each once, in order. Raises `BadOrigin` for what no browser sends: a path, capitals, a default port;
    and for plain http off this machine, where anybody on the way can put scripts into the page."""
    origins = sorted(set(given))
    for origin in origins:
        match = _ORIGIN.fullmatch(origin)
        scheme = origin.partition(":")[0]
        port = match["port"] if match else None
        if not match or port == _DEFAULT_PORTS[scheme] or int(port or 1) > 65_535:
            raise BadOrigin(
                f"{origin!r}: say scheme://host or scheme://host:port, such as https://app.example.com; "
                "http on localhost only."
            )
    return origins
