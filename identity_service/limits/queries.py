"""Statements on counters."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    DateTime,
    Text,
    bindparam,
    case,
    column,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import insert

from identity_service.limits.models import LimitCounter
from shared.db.query import Command

_KEYS: Any = bindparam("keys", type_=ARRAY(Text()))
_NOW: Any = bindparam("now", type_=DateTime(timezone=True))
_ASKED = (
    func.unnest(_KEYS, bindparam("ends", type_=ARRAY(DateTime(timezone=True))))
    .table_valued(column("key_hash", Text()), column("ends_at", DateTime(timezone=True)))
    .render_derived(name="asked")
)
_INSERT = insert(LimitCounter).from_select(
    ["key_hash", "count", "ends_at"], select(_ASKED.c.key_hash, literal_column("1"), _ASKED.c.ends_at)
)
_IS_OVER = LimitCounter.ends_at <= _NOW
COUNT = Command(
    _INSERT.on_conflict_do_update(
        index_elements=[LimitCounter.key_hash],
        set_={
            "count": case((_IS_OVER, 1), else_=LimitCounter.count + 1),
            "ends_at": case((_IS_OVER, _INSERT.excluded.ends_at), else_=LimitCounter.ends_at),
        },
    ).returning(LimitCounter.key_hash, LimitCounter.count, LimitCounter.ends_at)
)
"""One more attempt under each of `keys`, whose windows would end at `ends`."""
