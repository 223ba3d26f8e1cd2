"""What clients did for themselves, told in the audit log: for all who ask at a moment by one statement."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Text, and_, column

from identity_service.audit import service as audit
from identity_service.audit.models import PendingAuditRow
from identity_service.clients.known import VERSION
from identity_service.clients.models import Client
from shared.db.engine import Database
from shared.db.query import Command
from shared.db.together import Together
from shared.web.json import to_bytes

_GIVEN: Final = audit.many(column("version", Text))
_RECORD: Final = Command(
    audit.recorded(
        _GIVEN,
        among=_GIVEN.join(Client, and_(Client.id == _GIVEN.c.client_id, _GIVEN.c.version == VERSION)),
    ).returning(PendingAuditRow.id)
)


class ToldOfClients:
    """Events of clients, kept only of those that are still what they were taken for."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._together: Together[Mapping[str, Any], bool] = Together(self._record)

    async def record(self, version: str, entry: Mapping[str, Any]) -> bool:
        """Whether the event is kept, for good: it is unless its client has another version by now."""
        return await self._together.ask({**entry, "version": version})

    async def _record(self, entries: Sequence[Mapping[str, Any]]) -> Sequence[bool]:
        given = to_bytes(entries).decode()
        kept = {row["id"] for row in await self._database.writer.run(_RECORD, entries=given)}
        return [entry["id"] in kept for entry in entries]
