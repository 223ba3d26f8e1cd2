"""What a use case of identity works with: the process's services and this request."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from identity_service.clients.keys import RemoteKeySets
from identity_service.clients.known import KnownClients
from identity_service.clients.told import ToldOfClients
from identity_service.keys.service import KeyRing
from identity_service.limits.service import Limiter
from identity_service.outgoing import Outgoing
from identity_service.passwords.service import Passwords
from identity_service.sealing import Sealer
from identity_service.settings import Settings
from identity_service.upstreams.documents import Documents
from identity_service.upstreams.saml.equipment import Equipment
from shared.db.engine import Database
from shared.db.query import Reader, Writer, writer_of
from shared.kernel.clock import Clock


@dataclass(slots=True)
class Services:
    """Made once per process, in `app.py`."""

    settings: Settings
    database: Database
    clock: Clock
    sealer: Sealer
    keys: KeyRing
    passwords: Passwords
    limiter: Limiter
    outgoing: Outgoing
    clients: KnownClients
    told_of_clients: ToldOfClients
    client_keys: RemoteKeySets
    upstream_documents: Documents
    saml: Equipment


@dataclass(slots=True, kw_only=True)
class Caller:
    """Who is at the door, and when. Nothing of the database is held: slow work (argon2) belongs here."""

    services: Services
    now: datetime
    address: str
    user_agent: str = ""

    @property
    def settings(self) -> Settings:
        return self.services.settings

    @property
    def reader(self) -> Reader:
        """Reads outside any transaction."""
        return self.services.database.reader

    @property
    def writer(self) -> Writer:
        """For statements that are a transaction each; within a `Visit` all are in that one's."""
        return self.services.database.writer

    @asynccontextmanager
    async def begin(self) -> AsyncIterator["Visit"]:
        """The visit's one transaction: kept when the block ends well, undone when it raises."""
        async with self.services.database.transaction() as session:
            yield Visit(
                services=self.services,
                now=self.now,
                address=self.address,
                user_agent=self.user_agent,
                session=session,
            )

    @asynccontextmanager
    async def visiting(self) -> AsyncIterator["Visit"]:
        """The transaction that this is in, or one for the block."""
        async with self.begin() as visit:
            yield visit


@dataclass(slots=True, kw_only=True)
class Visit(Caller):
    """A caller inside the request's one transaction. Only the edge commits."""

    session: AsyncSession

    @property
    def writer(self) -> Writer:
        return writer_of(self.session)

    @asynccontextmanager
    async def visiting(self) -> AsyncIterator["Visit"]:
        yield self
