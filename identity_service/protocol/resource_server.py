"""Our own services as callers: each proves itself as the client that it is at sign-in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request
from sqlalchemy.orm import Session

from identity_service.clients.models import Client
from identity_service.protocol.client import ProtocolClient, by_basic
from identity_service.web import Visiting
from shared.kernel.errors import Unauthenticated


@dataclass(frozen=True, slots=True)
class ResourceServer:
    """A service for which tokens are made; `serves` are its audiences."""

    client_id: str
    serves: frozenset[str]


async def authenticated_resource_server(request: Request, visit: Visiting) -> ResourceServer:
    """The service that calls, by `client_secret_basic`. Raises `Unauthenticated`."""
    client = await visit.session.run_sync(lambda session: by_basic(_finder(session, visit.now), request))
    if client is None or not client.row.is_first_party or not client.row.serves:
        raise Unauthenticated("Only the service itself may ask for this.")
    return ResourceServer(client.client_id, frozenset(client.row.serves))


def _finder(session: Session, now: datetime) -> Callable[[str], ProtocolClient | None]:
    def find(client_id: str) -> ProtocolClient | None:
        row = session.get(Client, client_id)
        return ProtocolClient(row, now) if row is not None else None

    return find
