"""Keyset pages of the admin lists."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field

from identity_service.admin.access import Admin
from shared.web.asked import PageAsked

Item = TypeVar("Item")
Word = Annotated[str, Field(max_length=200)]


def start(admin: Admin, asked: PageAsked, *, name: str) -> tuple[Any, ...] | None:
    """Where the page begins. Raises Invalid for a cursor of another list, filter or person."""
    if asked.cursor is None:
        return None
    return admin.cursors.decode(asked.cursor, bound_to=_bound_to(admin, asked, name))


def cut(
    admin: Admin,
    asked: PageAsked,
    rows: Sequence[Item],
    key: Callable[[Item], tuple[Any, ...]],
    *,
    name: str,
) -> tuple[list[Item], str | None]:
    """One row more than wanted was read: the page, and the cursor of the next when there is one."""
    page = list(rows[: asked.limit])
    if len(rows) <= asked.limit:
        return page, None
    return page, admin.cursors.encode(key(page[-1]), bound_to=_bound_to(admin, asked, name))


def _bound_to(admin: Admin, asked: BaseModel, name: str) -> str:
    wanted = asked.model_dump_json(exclude={"cursor", "limit"})
    return f"admin/{name}/{admin.account.id}/{wanted}"
