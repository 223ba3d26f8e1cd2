"""Attributes of SCIM as our tables know them. Nothing of SCIM's own models is needed for that, nor loaded."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement

Sql = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Field:
    """An attribute as SQL knows it: `kind` is text, id, time, flag or member. Text that is compared without
    case is folded in the column."""

    kind: str
    column: Any
