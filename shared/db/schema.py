"""Which tables one database holds."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import MetaData, Table

from shared.db.base import NAMING


class MissingTable(Exception):
    """A table that is mounted refers to one that is not."""


def assemble(*mounted: Iterable[type[Any]]) -> MetaData:
    """The metadata of a database that holds exactly the tables of these classes.

    Raises `MissingTable` when a foreign key points at a table that is not mounted.
    """
    tables: list[Table] = [model.__table__ for models in mounted for model in models]
    known = {table.key for table in tables}
    for table in tables:
        for constraint in table.foreign_key_constraints:
            target = constraint.elements[0].target_fullname.rpartition(".")[0]
            if target not in known:
                raise MissingTable(f"{table.key} refers to {target}, which is not mounted here")
    metadata = MetaData(naming_convention=NAMING)
    for table in tables:
        table.to_metadata(metadata)
    return metadata
