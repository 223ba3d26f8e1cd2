"""The client credentials grant: a client acts for itself (OAuth 2.1 section 4.2)."""

from functools import partial
from typing import Any

from authlib.oauth2.rfc6749 import InvalidScopeError, UnauthorizedClientError

from identity_service.audit import service as audit
from identity_service.protocol import binding, proving, tokens
from identity_service.protocol.client import ProtocolClient
from identity_service.protocol.request import ProtocolRequest
from identity_service.protocol.resources import joined
from identity_service.protocol.turn import Turn
from shared.oidc.names import GrantType


async def give(turn: Turn, request: ProtocolRequest) -> dict[str, Any]:
    """A token of one audience, and only of scopes that client and audience share; no refresh token. The one
    statement writes the audit row, only if the client is still what it was taken for."""
    return await proving.with_client(turn, request, partial(_given, turn, request), proving.CONFIDENTIAL)


async def _given(
    turn: Turn, request: ProtocolRequest, client: ProtocolClient, version: str
) -> dict[str, Any]:
    if not client.may_use(GrantType.CLIENT):
        raise UnauthorizedClientError("This client may not act for itself")
    access = await _access(turn, request, client)
    told = audit.entry(
        "token.issued",
        at=turn.now,
        client_id=client.client_id,
        address=turn.caller.address,
        audience=access.resource.audience,
        scope=access.scope,
    )
    if not await turn.services.told_of_clients.record(version, told):
        raise proving.Changed
    return tokens.access_response(turn, access)


async def _access(turn: Turn, request: ProtocolRequest, client: ProtocolClient) -> tokens.Access:
    resource = tokens.chosen_resource(turn, request, client.row.machine_audiences)
    admitted = frozenset(client.row.machine_scopes) & resource.scopes
    asked = request.form.get("scope")
    wanted = frozenset(asked.split()) if asked else admitted
    if not wanted <= admitted:
        raise InvalidScopeError
    return tokens.Access(
        client=client,
        resource=resource,
        scope=joined(wanted),
        seconds=turn.settings.access_token_seconds,
        jkt=await binding.key_for_tokens(turn, request, client),
    )
