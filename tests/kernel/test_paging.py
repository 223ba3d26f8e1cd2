"""Cursors come back as they were made, for the same list and caller alone."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.errors import Invalid
from shared.kernel.paging import CursorCodec

CODEC = CursorCodec("a secret of this installation")
KEYS = st.tuples(
    st.one_of(st.integers(-(2**31), 2**31), st.text(st.characters(codec="utf-8"), max_size=20)),
    st.datetimes(timezones=st.just(UTC)),
    st.uuids(),
)


@given(key=KEYS, bound_to=st.text(st.characters(codec="utf-8")))
def test_a_cursor_comes_back(key: tuple[object, ...], bound_to: str) -> None:
    assert CODEC.decode(CODEC.encode(key, bound_to=bound_to), bound_to=bound_to) == key


@given(key=KEYS, other=st.text(max_size=5))
def test_a_cursor_of_another_list_is_refused(key: tuple[object, ...], other: str) -> None:
    cursor = CODEC.encode(key, bound_to="topics|somebody")
    with pytest.raises(Invalid):
        CODEC.decode(cursor, bound_to=f"topics|{other}")
    with pytest.raises(Invalid):
        CursorCodec("another secret").decode(cursor, bound_to="topics|somebody")


@given(st.text())
def test_nonsense_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid):
        CODEC.decode(cursor, bound_to="topics")


def test_a_changed_cursor_is_refused() -> None:
    cursor = CODEC.encode((datetime(2026, 1, 1, tzinfo=UTC), 7), bound_to="x")
    for place in range(len(cursor)):
        changed = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        try:
            key = CODEC.decode(changed, bound_to="x")
        except Invalid:
            continue
        assert key == (datetime(2026, 1, 1, tzinfo=UTC), 7), "only unused bits of base64 may differ"
