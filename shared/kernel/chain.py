"""Canonical JSON (RFC 8785) and the hash chain that ledgers and audit logs are kept in.

A chained log is a list of rows numbered 1, 2, 3, … in which each row carries a hash over the hash
before it and its own content. Whoever changes, removes or reorders a row breaks the chain at that row;
whoever cuts off the end of the log is found by comparing the last hash with one noted earlier (`Head`).
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

JsonValue: TypeAlias = "bool | int | float | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"
"""What can be canonicalised. Times, ids and bytes must be made text by the caller, who knows their form."""

GENESIS: Final = "0" * 64
"""The hash that stands before the first row."""

_LARGEST_INTEGER: Final = 2**53 - 1
_ESCAPES: Final = {
    '"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r",
} | {chr(code): f"\\u{code:04x}" for code in range(0x20) if chr(code) not in "\b\t\n\f\r"}  # fmt: skip
_ESCAPE_TABLE: Final = str.maketrans(_ESCAPES)


class NotCanonical(ValueError):
    """The value has no canonical JSON form: NaN, infinity, an integer beyond 2^53 - 1, a lone surrogate,
    a key that is no text, a name that occurs twice, or a type that JSON does not have."""


def canonical(value: JsonValue) -> bytes:
    """The RFC 8785 form of `value`, as UTF-8."""
    try:
        return _text(value).encode("utf-8")
    except UnicodeEncodeError as error:
        raise NotCanonical("a lone surrogate cannot be written") from error


def digest(message: JsonValue) -> str:
    """SHA-256 over the canonical form of a message, as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(canonical(message)).hexdigest()


def link(previous: str, row: Mapping[str, JsonValue]) -> str:
    """The hash of `row` when it follows a row whose hash is `previous` (`GENESIS` for the first)."""
    return digest({"previous": previous, "row": row})


@dataclass(frozen=True, slots=True)
class Chained:
    """One row as it was stored: its number, everything the hash covers, and the hash."""

    number: int
    row: Mapping[str, JsonValue]
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """How far a log went when somebody last looked: the last number and its hash."""

    number: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where a chain does not hold: the number found there, and why it is wrong."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a check: how far the chain goes, and the first bad row, if there is one."""

    head: Head
    broken: Break | None

    @property
    def sound(self) -> bool:
        return self.broken is None


def verify(rows: Iterable[Chained], *, known: Head | None = None, start: Head | None = None) -> Verdict:
    """Check a whole log, in order from number 1; or its part after `start`.

    `known` is a head noted earlier: a log that has become shorter, or has another hash at that number,
    is broken even when it is sound in itself.
    """
    known = known or Head()
    head = start or Head()
    for row in rows:
        reason = _fault(row, head) or _contradicts(row, known)
        if reason:
            return Verdict(head, Break(row.number, reason))
        head = Head(row.number, row.hash)
    if head.number < known.number:
        return Verdict(head, Break(head.number + 1, f"rows up to number {known.number} are missing"))
    return Verdict(head, None)


def _fault(row: Chained, head: Head) -> str | None:
    if row.number != head.number + 1:
        return f"number {head.number + 1} was expected"
    try:
        expected = link(head.hash, row.row)
    except NotCanonical as error:
        return str(error)
    return None if row.hash == expected else "its hash does not follow from its content and the row before"


def _contradicts(row: Chained, known: Head) -> str | None:
    if row.number == known.number and row.hash != known.hash:
        return "its hash is not the one noted earlier"
    return None


def _text(value: JsonValue) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return _integer(value)
        case float():
            return _number(value)
        case str():
            return _string(value)
        case Mapping():
            return _object(value)
        case Sequence() if not isinstance(value, bytes | bytearray | memoryview):
            return "[" + ",".join(_text(item) for item in value) + "]"
        case _:
            raise NotCanonical(f"{type(value).__name__} is no JSON type")


def _object(value: Mapping[str, JsonValue]) -> str:
    """RFC 8785 section 3.2.3: members sorted by the UTF-16 code units of their names."""
    if not all(isinstance(name, str) for name in value):
        raise NotCanonical("a member's name must be text")
    names = sorted(value, key=_utf16)
    return "{" + ",".join(f"{_string(name)}:{_text(value[name])}" for name in names) + "}"


def _utf16(name: str) -> bytes:
    try:
        return name.encode("utf-16-be")
    except UnicodeEncodeError as error:
        raise NotCanonical("a lone surrogate cannot be written") from error


def _string(value: str) -> str:
    """RFC 8785 section 3.2.2.2: only the quote, the backslash and the control characters are escaped."""
    return f'"{value.translate(_ESCAPE_TABLE)}"'


def _integer(value: int) -> str:
    """JSON numbers are IEEE 754 doubles (RFC 8785 section 3.2.2.3): beyond 2^53 - 1 they lose digits."""
    if abs(value) > _LARGEST_INTEGER:
        raise NotCanonical(f"the integer {value} is beyond 2^53 - 1; send it as text")
    return str(int(value))


def _number(value: float) -> str:
    """Number::toString of ECMAScript, which RFC 8785 section 3.2.2.3 asks for.

    Python's `repr` finds the same shortest digits; only the place where it switches to an exponent differs.
    """
    if not math.isfinite(value):
        raise NotCanonical(f"{value} is no JSON number")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    digits, point = _digits(abs(value))
    return sign + _placed(digits, point)


def _digits(value: float) -> tuple[str, int]:
    """The shortest digits d of a positive number and the exponent n with value = 0.d * 10^n."""
    mantissa, _, exponent = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    point = len(whole) + int(exponent or 0)
    digits = whole + fraction
    point -= len(digits) - len(digits.lstrip("0"))
    return digits.strip("0"), point


def _placed(digits: str, point: int) -> str:
    if len(digits) <= point <= 21:
        return digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    exponent = point - 1
    return f"{digits[0]}{fraction}e{'+' if exponent > 0 else '-'}{abs(exponent)}"


def parse(text: bytes | str) -> JsonValue:
    """Read JSON for canonicalising; two members of one name are refused (RFC 8785 section 3.1, I-JSON)."""
    value: JsonValue = json.loads(text, object_pairs_hook=_unique, parse_int=_double)
    return value


def _double(digits: str) -> int | float:
    """An integer that a double may not hold is read as that double, as ECMAScript does."""
    value = int(digits)
    return value if abs(value) <= _LARGEST_INTEGER else float(digits)


def _unique(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotCanonical("a member's name occurs twice")
    return members
