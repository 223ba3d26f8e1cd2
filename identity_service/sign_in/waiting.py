"""The authorization request for which somebody signs in."""

from identity_service.grants import service as grants
from identity_service.grants.models import PendingRequest
from identity_service.sessions import service as sessions
from identity_service.visit import Caller
from identity_service.web import REALMS


async def waiting_request(caller: Caller, text: str | None) -> PendingRequest | None:
    """The authorization request that an address or form names."""
    return await grants.waiting(caller, sessions.session_id(text))


def realm_of(pending: PendingRequest | None, asked: str | None) -> str:
    """The realm of the request that waits, else the one asked for, else the customers'."""
    if pending is not None:
        return pending.realm
    return asked if asked in REALMS else REALMS[0]
