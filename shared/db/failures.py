"""Which errors mean that the database is away or has too much to do, rather than that a statement is wrong.

Codes are PostgreSQL's (appendix A, "PostgreSQL Error Codes").
"""

from collections.abc import Iterator
from typing import Final

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout


class DatabaseAway(ConnectionError):
    """No connection could be had: the server does not answer, or all connections stayed in use."""


_LOST: Final = frozenset({"53300", "57P01", "57P02", "57P03", "57P05", "25P03"})
"""Beside class 08: too many connections, shut down, crashed, starting up, ended for idling."""
_TOO_LONG: Final = frozenset({"57014", "55P03", "40P01"})
"""A statement and a wait for a lock that were given up; and a deadlock, of which PostgreSQL ends one side."""


def is_lost(error: BaseException) -> bool:
    """Whether there is no connection, or there was one until now. The same may go well a moment later."""
    return any(_says_lost(one) for one in _told_by(error))


def is_away(error: BaseException) -> bool:
    """`is_lost`, or something waited longer than it may."""
    return is_lost(error) or any(_code(one) in _TOO_LONG for one in _told_by(error))


def _told_by(error: BaseException) -> Iterator[BaseException]:
    """The error and what the driver said of which it was made."""
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__


def _says_lost(error: BaseException) -> bool:
    if isinstance(error, DatabaseAway | PoolTimeout):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    if isinstance(error, asyncpg.InterfaceError):
        return "connection is closed" in str(error.args)
    code = _code(error)
    return code in _LOST or code.startswith("08")


def _code(error: BaseException) -> str:
    return (error.sqlstate or "") if isinstance(error, asyncpg.PostgresError) else ""
