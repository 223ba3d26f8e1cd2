"""What every table of a shared tool is declared on."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import TIMESTAMP, MetaData, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

TYPES: dict[Any, Any] = {
    datetime: TIMESTAMP(timezone=True),
    UUID: Uuid(),
    str: Text(),
    list[str]: ARRAY(Text()),
    list[UUID]: ARRAY(Uuid()),
    dict[str, Any]: JSONB(),
    dict[str, int]: JSONB(),
}


class Base(DeclarativeBase):
    """Tables of the shared tools. A service declares its own tables on a base of its own."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = TYPES
