"""The declarative base of identity's tables, and small column vocabulary."""

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from shared.db.base import NAMING, TYPES


class Base(DeclarativeBase):
    """Tables of the identity database."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = TYPES
