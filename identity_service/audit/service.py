"""Writing to the audit log, and numbering what was written."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnClause, FromClause, Insert, Text, bindparam, cast, column, func, insert, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from identity_service.audit.log import AUDIT, BOOK
from identity_service.audit.models import PendingAuditRow
from shared.db.engine import Database
from shared.db.query import Command, Writer
from shared.db.sequencer import sequence
from shared.kernel.ids import new_id

DONE: Final = "done"
REFUSED: Final = "refused"
_OPERATORS: Final = {"console": "operator", "worker": "worker"}
_REFUSALS: Final = (".failed", ".refused")
_SAID: Final = (
    "book",
    "id",
    "at",
    "event",
    "actor",
    "account_id",
    "client_id",
    "address",
    "result",
    "details",
)
_COLUMNS: Final = PendingAuditRow.__table__.c
_APPEND: Final = Command(insert(PendingAuditRow).values({name: bindparam(name) for name in _SAID}).inline())


def record(session: AsyncSession, event: str, *, at: datetime, **said: Any) -> None:
    """Add one event to the transaction; `said` as for `entry`."""
    # Not `sequencer.append`: commits that notify wait for one another, and every token writes a row.
    session.add(PendingAuditRow(**entry(event, at=at, **said)))


def entry(
    event: str,
    *,
    at: datetime,
    account_id: UUID | None = None,
    client_id: str | None = None,
    address: str | None = None,
    by: str | None = None,
    result: str | None = None,
    **details: Any,
) -> dict[str, Any]:
    """One event as the columns of a row. `details` never hold a secret, a token or an e-mail address.

    Whoever acts on another's account or client is named by `by`; else it is the one whom it is about. An
    event whose name ends in `.failed` or `.refused` was refused.
    """
    result = result or (REFUSED if event.endswith(_REFUSALS) else DONE)
    return {
        "book": BOOK,
        "id": new_id(),
        "at": at,
        "event": event,
        "actor": by or _actor(account_id, client_id, address, result),
        "account_id": account_id,
        "client_id": client_id,
        "address": address,
        "result": result,
        "details": details,
    }


def one(rows: FromClause) -> Insert:
    """An event for each of `rows`, in a statement that does what it tells of; parameters are the members of
    `entry`."""
    return insert(PendingAuditRow).from_select(
        _SAID, select(*(bindparam(name, type_=_COLUMNS[name].type) for name in _SAID)).select_from(rows)
    )


def many(*more: ColumnClause[Any]) -> Any:
    """Several entries as rows, each with columns for `more`, from one parameter `entries`: a list of objects
    in JSON. The driver looks at every element of every array, which costs more than PostgreSQL's reading
    this."""
    columns = [*(column(name, _COLUMNS[name].type) for name in _SAID), *more]
    entries = cast(bindparam("entries", type_=Text()), JSONB)
    return func.jsonb_to_recordset(entries).table_valued(*columns).render_derived(with_types=True)


def recorded(given: Any, *, among: FromClause) -> Insert:
    """The entries of `many`, as far as they are `among` those."""
    return insert(PendingAuditRow).from_select(
        _SAID, select(*(given.c[name] for name in _SAID)).select_from(among)
    )


async def append(writer: Writer, event: str, *, at: datetime, **said: Any) -> None:
    """As `record`, past the session: one statement."""
    await writer.run(_APPEND, **entry(event, at=at, **said))


def _actor(account_id: UUID | None, client_id: str | None, address: str | None, result: str) -> str | None:
    if address in _OPERATORS:
        return _OPERATORS[address]
    if result == REFUSED:
        return None
    if account_id is not None:
        return f"account:{account_id}"
    return f"client:{client_id}" if client_id is not None else None


async def number(database: Database) -> int:
    """Give what is pending its numbers. Returns how many rows there were."""
    async with database.transaction() as session:
        return len(await sequence(session, AUDIT))
