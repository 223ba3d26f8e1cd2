"""Spaces and groups page by page, in the order in which people see them."""

from collections.abc import Callable, Sequence
from typing import Any

from shared.db.context import ReadContext
from shared.db.query import Query, Row
from shared.kernel.paging import Page
from shared.tools.spaces import queries
from shared.tools.spaces.permissions import SpacePermission, decide
from shared.tools.spaces.schemas import GroupView, SpaceView
from shared.tools.spaces.service import group_view, space_view
from shared.web.asked import PageAsked


async def spaces(ctx: ReadContext, asked: PageAsked) -> Page[SpaceView]:
    """The spaces that the actor may know of."""
    rows, following = await _page(
        ctx, "spaces", queries.visible_page, ("position", "name", "id"), asked, groups=ctx.actor.groups
    )
    return Page([space_view(row) for row in rows], following)


async def groups(ctx: ReadContext, asked: PageAsked) -> Page[GroupView]:
    """All groups, for managers."""
    ctx.require(decide(SpacePermission.MANAGE_GROUPS, ctx.actor))
    rows, following = await _page(ctx, "groups", queries.group_page, ("name", "id"), asked)
    return Page([group_view(row) for row in rows], following)


async def _page(
    ctx: ReadContext,
    name: str,
    query: Callable[..., Query],
    order: tuple[str, ...],
    asked: PageAsked,
    **params: Any,
) -> tuple[Sequence[Row], str | None]:
    """One row more than asked for says whether there is a next page."""
    bound_to = ctx.cursor_scope(name)
    mark = ctx.cursors.decode(asked.cursor, bound_to=bound_to) if asked.cursor else ()
    params |= {f"after_{n}": value for n, value in enumerate(mark)}
    rows = await ctx.reader.all(query(after=bool(mark)), limit=asked.limit + 1, **params)
    if len(rows) <= asked.limit:
        return rows, None
    last = rows[asked.limit - 1]
    return rows[: asked.limit], ctx.cursors.encode(tuple(last[key] for key in order), bound_to=bound_to)
