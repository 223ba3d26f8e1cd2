"""One turn of the protocol: who asks, when, and the way to the rows."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from identity_service.audit import service as audit
from identity_service.clients.models import Client
from identity_service.keys.service import KeyRing
from identity_service.protocol import statements
from identity_service.protocol.resources import Resource, resources
from identity_service.settings import Settings
from identity_service.visit import Caller, Services, Visit
from shared.db.query import Writer, writer_of


class Turn:
    """A request to the protocol. By itself each of its statements is a transaction of its own, so whatever
    belongs together is one statement; within a `Visit` all are in that one's transaction."""

    __slots__ = ("caller", "now", "services", "settings", "writer")

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.services: Services = caller.services
        self.settings: Settings = caller.services.settings
        self.now: datetime = caller.now
        self.writer: Writer = (
            writer_of(caller.session) if isinstance(caller, Visit) else self.services.database.writer
        )

    @property
    def issuer(self) -> str:
        return self.settings.issuer

    @property
    def keys(self) -> KeyRing:
        return self.services.keys

    @property
    def resources(self) -> Mapping[str, Resource]:
        return resources(self.settings)

    @asynccontextmanager
    async def visiting(self) -> AsyncIterator[Visit]:
        """The transaction that the turn is in, or one for this block."""
        if isinstance(self.caller, Visit):
            yield self.caller
            return
        async with self.caller.begin() as visit:
            yield visit

    async def client(self, client_id: str) -> Client | None:
        """The client as it is now, switched off or not."""
        found = await self.services.clients.read(self.writer, client_id)
        return found[1] if found else None

    async def client_of(self, client_id: str, version: str | None) -> Client | None:
        """The client in the version that a statement told of."""
        return await self.services.clients.of(self.writer, client_id, version)

    async def record(self, event: str, *, account_id: UUID | None, client_id: str, **details: Any) -> None:
        await audit.append(
            self.writer,
            event,
            at=self.now,
            account_id=account_id,
            client_id=client_id,
            address=self.caller.address,
            **details,
        )

    async def revoke(self, grant_id: UUID, *, account_id: UUID, client_id: str, because: str) -> None:
        """End a grant: its refresh tokens are refused from now on, and so are its access tokens here. Told in
        the audit log once."""
        told = audit.entry(
            "grant.revoked",
            at=self.now,
            account_id=account_id,
            client_id=client_id,
            address=self.caller.address,
            grant=str(grant_id),
            because=because,
        )
        await self.writer.run(
            statements.REVOKE,
            grant_id=grant_id,
            now=self.now,
            because=because,
            **told,
        )
