"""The one rule about who sees what: some group of the actor holds a grant in the space.

Every statement about spaces and whatever lies in them starts from `visible_spaces` (or from the
statements of `shared.tools.topics.visibility`, which start from `access`).
"""

from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Uuid,
    any_,
    bindparam,
    case,
    func,
    select,
    true,
)
from sqlalchemy.sql.selectable import LateralFromClause

from shared.kernel.permissions import Level
from shared.tools.spaces.models import Space, SpaceGrant


def actor_groups() -> ColumnElement[Any]:
    """The parameter `groups`: `Actor.groups`."""
    return bindparam("groups", type_=ARRAY(Uuid()))


def access() -> LateralFromClause:
    """The highest level the actor is granted in the space of the surrounding row; NULL for none.

    In an archived space whoever does not moderate it only reads.
    """
    highest = func.max(SpaceGrant.level)
    is_over = Space.archived_at.is_not(None) & (highest < Level.MODERATE)
    return (
        select(case((is_over, int(Level.SEE)), else_=highest).label("level"))
        .where(SpaceGrant.space_id == Space.id, SpaceGrant.group_id == any_(actor_groups()))
        .correlate(Space)
        .lateral("access")
    )


def visible_spaces(*columns: Any) -> Select[Any]:
    """Spaces this actor may know of, with `level`."""
    granted = access()
    return (
        select(*columns, granted.c.level)
        .select_from(Space)
        .join(granted, true())
        .where(granted.c.level.is_not(None))
    )
