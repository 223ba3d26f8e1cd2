"""What clients ask, answered: each endpoint is one function that gives JSON or raises OAuth2Error."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from authlib.oauth2.rfc6749 import OAuth2Error, UnsupportedGrantTypeError

from identity_service.protocol import code, device, exchange, machine, proving, refresh
from identity_service.protocol.request import Answer, ProtocolRequest
from identity_service.protocol.turn import Turn
from shared.oidc.names import GrantType

Endpoint = Callable[[Turn, ProtocolRequest], Awaitable[dict[str, Any]]]

GRANTS: Final[Mapping[str, Endpoint]] = {
    GrantType.CODE: code.give,
    GrantType.REFRESH: refresh.give,
    GrantType.CLIENT: machine.give,
    GrantType.EXCHANGE: exchange.give,
    GrantType.DEVICE: device.give,
}
"""The grants we offer and no others: no implicit, no password."""


async def answered(turn: Turn, request: ProtocolRequest, endpoint: Endpoint, *, status: int = 200) -> Answer:
    """What the endpoint gives, or its refusal."""
    try:
        proving.require_one_method(request)
        return Answer(status, await endpoint(turn, request))
    except OAuth2Error as error:
        return Answer.refusing(error)


async def token(turn: Turn, request: ProtocolRequest) -> dict[str, Any]:
    """The token endpoint (OAuth 2.1 section 3.2)."""
    give = GRANTS.get(request.form.get("grant_type", ""))
    if give is None:
        raise UnsupportedGrantTypeError("that")
    return await give(turn, request)
