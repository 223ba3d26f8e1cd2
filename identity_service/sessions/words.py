"""Saying which browser it was, and where, in words that its owner recognises."""

import ipaddress
import re
from typing import Final

_BROWSERS: Final = (
    ("Edge", re.compile(r"\bEdg(?:e|A|iOS)?/")),
    ("Opera", re.compile(r"\b(?:OPR|Opera)/")),
    ("Samsung Internet", re.compile(r"\bSamsungBrowser/")),
    ("Firefox", re.compile(r"\b(?:Firefox|FxiOS)/")),
    ("Chrome", re.compile(r"\b(?:Chrome|CriOS|Chromium|HeadlessChrome)/")),
    ("Safari", re.compile(r"\bSafari/")),
    ("curl", re.compile(r"^curl/")),
)
"""In this order: browsers claim to be those that were there before them."""
_SYSTEMS: Final = (
    ("iPhone", re.compile(r"\biPhone\b")),
    ("iPad", re.compile(r"\biPad\b")),
    ("Android", re.compile(r"\bAndroid\b")),
    ("Windows", re.compile(r"\bWindows\b")),
    ("Mac", re.compile(r"\bMac(?: OS X|intosh)\b")),
    ("ChromeOS", re.compile(r"\bCrOS\b")),
    ("Linux", re.compile(r"\bLinux\b")),
)


def browser(user_agent: str) -> str:
    """`Firefox on Linux`; what cannot be told is left out."""
    name = next((name for name, pattern in _BROWSERS if pattern.search(user_agent)), "")
    system = next((name for name, pattern in _SYSTEMS if pattern.search(user_agent)), "")
    if name and system:
        return f"{name} on {system}"
    return name or (f"A browser on {system}" if system else "Unknown browser")


def place(address: str | None) -> str:
    """`from 192.0.2.7`; networks that are nobody's place on the internet are said in words."""
    try:
        network = ipaddress.ip_network(address or "", strict=False)
    except ValueError:
        return "from somewhere"
    if network.is_loopback:
        return "from the machine this site runs on"
    if network.is_private and not _is_for_documents(network):
        return f"from the network of this site ({address})"
    return f"from {address}"


def _is_for_documents(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    """Addresses in examples (RFC 5737, RFC 3849) count as private, and are shown as others are."""
    return any(
        network.version == kept.version and network.network_address in kept
        for kept in map(
            ipaddress.ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
        )
    )
