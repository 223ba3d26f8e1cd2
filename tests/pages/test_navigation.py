"""The spaces beside every page are remembered for a few seconds, each set of groups by itself."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from shared.db.context import ReadContext
from shared.db.query import Query, Row
from shared.kernel.actor import ANYONE, MEMBERS, Actor
from shared.kernel.clock import MemoryClock
from shared.kernel.ids import new_id
from shared.kernel.paging import CursorCodec
from shared.tools.spaces.navigation import KEPT_FOR, MOST_SETS, Navigation
from shared.tools.spaces.schemas import SpaceView
from shared.tools.topics.frame import BESIDE, _beside


class CountingReader:
    """Has no spaces, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def all(self, query: Query, **params: Any) -> Sequence[Row]:
        self.asked += 1
        return []

    async def first(self, query: Query, **params: Any) -> Row | None:
        return None


def context(reader: CountingReader, clock: MemoryClock, *groups: UUID) -> ReadContext:
    return ReadContext(Actor(groups=groups), reader, clock, CursorCodec("secret"))


async def test_once_in_a_while() -> None:
    navigation, reader, clock = Navigation(), CountingReader(), MemoryClock()
    for _ in range(3):
        await navigation.spaces(context(reader, clock, ANYONE))
    assert reader.asked == 1
    assert timedelta(seconds=5) >= KEPT_FOR
    clock.advance(KEPT_FOR)
    await navigation.spaces(context(reader, clock, ANYONE))
    assert reader.asked == 2


async def test_each_set_of_groups_by_itself() -> None:
    navigation, reader, clock = Navigation(), CountingReader(), MemoryClock()
    own = new_id()
    for groups in ((ANYONE,), (ANYONE, MEMBERS), (ANYONE, MEMBERS, own)):
        await navigation.spaces(context(reader, clock, *groups))
    assert reader.asked == 3
    await navigation.spaces(context(reader, clock, own, MEMBERS, ANYONE))
    assert reader.asked == 3


async def test_after_a_change_it_is_read_again() -> None:
    navigation, reader, clock = Navigation(), CountingReader(), MemoryClock()
    await navigation.spaces(context(reader, clock, ANYONE))
    navigation.forget()
    await navigation.spaces(context(reader, clock, ANYONE))
    assert reader.asked == 2


async def test_it_does_not_grow_without_end() -> None:
    navigation, reader, clock = Navigation(), CountingReader(), MemoryClock()
    for _ in range(MOST_SETS + 5):
        await navigation.spaces(context(reader, clock, new_id()))
    assert len(navigation._known) <= MOST_SETS


def space(number: int) -> SpaceView:
    at = MemoryClock().now()
    return SpaceView(new_id(), f"s{number}", f"No. {number}", "", [], 0, "see", "All members", 0, at, None, 1)


def test_beside_a_page_stand_the_first_and_the_present_one() -> None:
    spaces = [space(number) for number in range(BESIDE + 10)]
    assert len(_beside(spaces[:BESIDE], None)) == BESIDE
    links = _beside(spaces, f"s{BESIDE + 5}")
    assert [link for link in links if link[2]] == [(f"No. {BESIDE + 5}", f"/s/s{BESIDE + 5}", True)]
    assert links[-1] == (f"All {BESIDE + 10} spaces", "/", False)
