"""The canonical form is RFC 8785's, and the chain finds every tampering (proof 6 of the bridge)."""

import json
import math
import struct
from collections.abc import Mapping

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.kernel.chain import (
    GENESIS,
    Chained,
    Head,
    JsonValue,
    NotCanonical,
    canonical,
    digest,
    link,
    parse,
    verify,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
PLAIN: st.SearchStrategy[JsonValue] = st.none() | st.booleans() | INTEGERS | FLOATS | TEXT
VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
ROWS = st.lists(
    st.dictionaries(TEXT, PLAIN | st.lists(PLAIN, max_size=2), min_size=1, max_size=2), min_size=1, max_size=6
)

# Appendix B of RFC 8785: the bits of a double and its text.
APPENDIX_B = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"),
    ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]


@pytest.mark.parametrize(("bits", "text"), APPENDIX_B)
def test_numbers_are_those_of_appendix_b(bits: str, text: str) -> None:
    (value,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical(value) == text.encode()


def test_section_3_2_2() -> None:
    source = (
        r'{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],'
        r' "string": "\u20ac$\u000F\u000aA'
        + "'"
        + r'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}'
    )
    expected = (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    assert canonical(parse(source)).decode() == expected


def test_names_are_sorted_by_utf16_units() -> None:
    """The example of section 3.2.3: a name beyond the basic plane sorts by its surrogates."""
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    order = list(json.loads(canonical(dict.fromkeys(names, 0))))
    assert order == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


@given(VALUES)
def test_the_form_reads_back_to_the_same_form(value: JsonValue) -> None:
    assert canonical(parse(canonical(value))) == canonical(value)


@given(FLOATS)
def test_a_number_keeps_its_value(value: float) -> None:
    assert float(canonical(value)) == value


@given(st.dictionaries(TEXT, VALUES, min_size=2), st.randoms())
def test_the_order_of_members_does_not_matter(value: dict[str, JsonValue], random: object) -> None:
    names = list(value)
    shuffled = sorted(names, key=lambda _: random.random())  # type: ignore[attr-defined]  # typed as object
    assert digest({name: value[name] for name in shuffled}) == digest(value)


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        2**53,
        -(2**53),
        "\ud800",
        {"\ud800": 1},
        {1: 2},
        b"bytes",
        {1, 2},
        object(),
    ],
)
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)  # type: ignore[arg-type]  # that is the point


def test_a_name_that_occurs_twice_is_refused() -> None:
    with pytest.raises(NotCanonical):
        parse('{"a": 1, "a": 2}')


def chained(rows: list[dict[str, JsonValue]]) -> list[Chained]:
    log, previous = [], GENESIS
    for number, row in enumerate(rows, start=1):
        previous = link(previous, row)
        log.append(Chained(number, row, previous))
    return log


@given(ROWS)
def test_an_untouched_log_is_sound(rows: list[dict[str, JsonValue]]) -> None:
    log = chained(rows)
    verdict = verify(log, known=Head(log[-1].number, log[-1].hash))
    assert verdict.sound
    assert verdict.head == Head(len(log), log[-1].hash)


@given(ROWS, st.data())
def test_a_changed_row_is_named(rows: list[dict[str, JsonValue]], data: st.DataObject) -> None:
    log = chained(rows)
    at = data.draw(st.integers(0, len(log) - 1))
    other = data.draw(st.dictionaries(TEXT, VALUES, max_size=3))
    assume(digest(other) != digest(log[at].row))
    log[at] = Chained(log[at].number, other, log[at].hash)
    assert named(log) == at + 1


@given(ROWS, st.data())
def test_a_changed_row_with_a_new_hash_is_found_at_the_next(
    rows: list[dict[str, JsonValue]], data: st.DataObject
) -> None:
    log = chained([*rows, {"last": True}])
    known = Head(log[-1].number, log[-1].hash)
    at = data.draw(st.integers(0, len(log) - 1))
    other: Mapping[str, JsonValue] = {"forged": [log[at].row]}
    log[at] = Chained(at + 1, other, link(log[at - 1].hash if at else GENESIS, other))
    verdict = verify(log, known=known)
    assert verdict.broken
    assert verdict.broken.number == min(at + 2, len(log))


@given(ROWS, st.data())
def test_a_removed_row_is_named(rows: list[dict[str, JsonValue]], data: st.DataObject) -> None:
    log = chained(rows)
    known = Head(log[-1].number, log[-1].hash)
    at = data.draw(st.integers(0, len(log) - 1))
    del log[at]
    verdict = verify(log, known=known)
    assert verdict.broken
    assert verdict.head.number == at


@given(ROWS, st.data())
def test_reordered_rows_are_found(rows: list[dict[str, JsonValue]], data: st.DataObject) -> None:
    log = chained([*rows, {"last": True}])
    first = data.draw(st.integers(0, len(log) - 2))
    second = data.draw(st.integers(first + 1, len(log) - 1))
    log[first], log[second] = log[second], log[first]
    assert not verify(log).sound
    renumbered = [Chained(number, row.row, row.hash) for number, row in enumerate(log, start=1)]
    assert named(renumbered) == first + 1


@given(ROWS)
def test_a_log_rewritten_as_a_whole_contradicts_the_head_noted(
    rows: list[dict[str, JsonValue]],
) -> None:
    log = chained(rows)
    forged = chained([{"forged": True}, *rows[1:]])
    assume(forged[0].hash != log[0].hash)
    verdict = verify(forged, known=Head(log[-1].number, log[-1].hash))
    assert verdict.broken
    assert verdict.broken.number == len(log)


def named(log: list[Chained]) -> int:
    verdict = verify(log)
    assert verdict.broken
    return verdict.broken.number
