"""Clients in memory, each as one version of its row.

Nothing that is kept here is believed by itself: the statement that a request makes anyway says which version
of the row there is (`VERSION`), and another version is read anew. So a client that was switched off, or whose
secret was changed, is another one from the moment of the commit on, in every process.
"""

from collections import OrderedDict
from typing import Final

from sqlalchemy import Text, bindparam, cast, literal_column, select

from identity_service.clients.models import Client
from shared.db.query import Query, Reader

VERSION: Final = cast(literal_column("clients.xmin"), Text)
"""The transaction that wrote a row of `clients`: PostgreSQL changes it with every change of the row, whoever
makes it (its documentation, "System Columns")."""

_MOST: Final = 1_000
_ONE: Final = Query(
    select(Client.__table__, VERSION.label("version")).where(Client.id == bindparam("client_id"))
)


class KnownClients:
    """The clients that asked last. A `Client` from here belongs to no session and is changed by nobody."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[str, Client]] = OrderedDict()

    def recall(self, client_id: str) -> tuple[str, Client] | None:
        """The client as it was when it was read last, and of which version that was."""
        return self._kept.get(client_id)

    async def of(self, reader: Reader, client_id: str, version: str | None) -> Client | None:
        """The client of this version; with None there is no such client."""
        kept = self._kept.get(client_id)
        if version is None:
            return None
        if kept is not None and kept[0] == version:
            self._kept.move_to_end(client_id)
            return kept[1]
        found = await self.read(reader, client_id)
        return found[1] if found else None

    async def read(self, reader: Reader, client_id: str) -> tuple[str, Client] | None:
        """The client as it is now, with its version."""
        row = await reader.first(_ONE, client_id=client_id)
        if row is None:
            self._kept.pop(client_id, None)
            return None
        values = dict(row)
        found = values.pop("version"), Client(**values)
        self._kept[client_id] = found
        if len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        return found
