"""Values that nobody's form holds, as bytes, since not all of them are text."""

from collections.abc import Sequence
from urllib.parse import quote_from_bytes

from hypothesis import HealthCheck
from hypothesis import strategies as st

KNOWN = (
    b"",
    b"\x00",
    b"a\x00b",
    b"\r\nSet-Cookie: a=b",
    b"\x1b[31m\x7f\x85",
    "\ud800".encode("utf-8", "surrogatepass"),
    b"\xff\xfe\xfd",
    b"%zz%",
    "\u202e\u2028\ufeff".encode(),
    ("e" + "\u0301" * 400).encode(),
    "\u0130\u1e9e\ufdfa".encode(),
    b"a" * 70_000,
    b"-1",
    b"0",
    b"1e400",
    b"NaN",
    b"99999999999999999999",
    "\u0661\u0662".encode(),
    b"true",
    b"null",
    b"[]",
    b"{}",
    b'{"a":' * 500,
    b"'\"--;",
    b"<script>alert(1)</script>",
    b"{{7*7}}${7*7}",
    b"//elsewhere.example/",
    b"https://elsewhere.example/",
    b"javascript:alert(1)",
    b"/\\elsewhere.example",
    b"../../etc/passwd",
    b"http://[::1",
    b"http://127.0.0.1:99999/",
    b"00000000-0000-0000-0000-000000000000",
    b"a@b@c",
    b"\xc3\xa9@outside.example",
    b"2026-13-45",
    b"0001-01-01T00:00:00+23:59",
)
VALUES = st.one_of(
    st.sampled_from(KNOWN),
    st.binary(max_size=30),
    st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass")),
)
Pairs = list[tuple[str, bytes]]
SETTINGS = {"deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True}
"""Of hypothesis, for all of these tests."""


@st.composite
def filled(draw: st.DrawFn, fields: Sequence[tuple[str, Sequence[bytes]]]) -> Pairs:
    """Fields with the values that they may well have, but for some: other values, none at all, twice, or
    fields that nobody asked for."""
    pairs: Pairs = []
    for name, likely in fields:
        good = st.sampled_from(list(likely)) if likely else VALUES
        match draw(st.sampled_from("good good good good bad bad missing twice".split())):
            case "good":
                pairs.append((name, draw(good)))
            case "bad":
                pairs.append((name, draw(VALUES)))
            case "twice":
                pairs += [(name, draw(good)), (name, draw(VALUES))]
    if draw(st.integers(0, 9)) == 0:
        pairs.append((draw(st.sampled_from(["x", "", "\x00", "a[b]", "__proto__"])), draw(VALUES)))
    return pairs


def encoded(pairs: Pairs) -> bytes:
    return "&".join(
        f"{quote_from_bytes(name.encode(), safe='')}={quote_from_bytes(value, safe='')}"
        for name, value in pairs
    ).encode()


MULTIPART = "multipart/form-data; boundary=b"


def in_parts(pairs: Pairs) -> bytes:
    """As a form with files is sent."""
    part = b'--b\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
    body = b"".join(
        part % (name.encode(), b'; filename="f"' if len(value) > 20 else b"", value) for name, value in pairs
    )
    return body + b"--b--\r\n"


TYPES = st.sampled_from(
    [
        *["application/x-www-form-urlencoded"] * 8,
        MULTIPART,
        "multipart/form-data",
        "application/x-www-form-urlencoded; charset=utf-16",
        "text/plain",
        "application/json",
        "",
        "/;=",
    ]
)
