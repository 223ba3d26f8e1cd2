"""Whether a database stands where this code wants it. Every process asks at its start, without Alembic: that
would take 10 MiB of each."""

from importlib import import_module
from pathlib import Path

import asyncpg


class WrongSchema(Exception):
    """The database is older or newer than this code."""


def history(service: str) -> Path:
    """The folder of one service's migrations."""
    return Path(str(import_module(service).__file__)).parent / "migrations"


def head(service: str) -> str:
    """The newest revision of a service: its files are named by it."""
    return max(path.name.partition("_")[0] for path in (history(service) / "versions").glob("[0-9]*.py"))


async def require_head(service: str, connection: asyncpg.Connection | asyncpg.Pool) -> None:
    """Raises `WrongSchema` unless the database stands at this code's newest revision."""
    try:
        found = await connection.fetchval("select version_num from alembic_version")
    except asyncpg.UndefinedTableError:
        found = None
    wanted = head(service)
    if found != wanted:
        raise WrongSchema(
            f"The database of {service} is at revision {found or 'none'}; this code needs {wanted}. "
            f"Run: python -m {service} migrate"
        )
