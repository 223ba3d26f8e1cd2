"""The spaces beside every page: kept in memory for a few seconds, to save each page a statement."""

from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Final

from shared.db.context import ReadContext
from shared.tools.spaces.schemas import SpaceView
from shared.tools.spaces.service import visible_spaces

KEPT_FOR: Final = timedelta(seconds=5)
MOST_SETS: Final = 2_000
"""Sets of groups remembered at once; beyond, all are forgotten and read again."""


class Navigation:
    """What a set of groups may see is the same for everyone who is in exactly these groups.

    A grant that was taken away may leave a space's name here for `KEPT_FOR`; the space itself is closed
    at once, since its own pages ask the database.
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[datetime, list[SpaceView]]] = {}

    async def spaces(self, ctx: ReadContext) -> list[SpaceView]:
        """The spaces this actor may know of, in their order."""
        key, now = frozenset(ctx.actor.groups), ctx.now()
        known = self._known.get(key)
        if known and now - known[0] < KEPT_FOR:
            return known[1]
        spaces = await visible_spaces(ctx)
        if len(self._known) >= MOST_SETS:
            self._known.clear()
        self._known[key] = (now, spaces)
        return spaces

    def forget(self) -> None:
        """After a change of spaces or grants in this process."""
        self._known.clear()
