"""Our own services as callers: each proves itself as the client that it is at sign-in."""

from dataclasses import dataclass

from fastapi import Request

from identity_service.protocol import proving
from identity_service.protocol.request import basic_pair
from identity_service.protocol.turn import Turn
from identity_service.web import Visiting
from shared.kernel.errors import Unauthenticated


@dataclass(frozen=True, slots=True)
class ResourceServer:
    """A service for which tokens are made; `serves` are its audiences."""

    client_id: str
    serves: frozenset[str]


async def authenticated_resource_server(request: Request, visit: Visiting) -> ResourceServer:
    """The service that calls, by `client_secret_basic`. Raises `Unauthenticated`."""
    basic = basic_pair(request.headers.get("authorization"))
    row = await Turn(visit).client(basic[0]) if basic else None
    if row is None or not proving.has_secret(row, basic, visit.now):
        raise Unauthenticated("Only the service itself may ask for this.")
    if not row.is_first_party or not row.serves:
        raise Unauthenticated("Only the service itself may ask for this.")
    return ResourceServer(row.id, frozenset(row.serves))
