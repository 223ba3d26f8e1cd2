"""What the employee community's own tables are declared on."""

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from shared.db.base import NAMING, TYPES


class EmployeeBase(DeclarativeBase):
    """Tables that only this service has."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = TYPES
