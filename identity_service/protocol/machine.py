"""The client credentials grant: a client acts for itself (OAuth 2.1 section 4.2)."""

from typing import Any

from authlib.oauth2.rfc6749 import InvalidScopeError, OAuth2Error, UnauthorizedClientError

from identity_service.audit import service as audit
from identity_service.clients.models import Client
from identity_service.protocol import binding, proving, tokens
from identity_service.protocol.client import ProtocolClient
from identity_service.protocol.request import ProtocolRequest
from identity_service.protocol.resources import joined
from identity_service.protocol.turn import Turn
from shared.oidc.names import GrantType


class _Changed(Exception):
    """The client is not any more what it was taken for."""


async def give(turn: Turn, request: ProtocolRequest) -> dict[str, Any]:
    """A token of one audience, and only of scopes that client and audience share; no refresh token.

    The client as it was last time is good for the one statement, which writes the audit row only if it is
    that client still. Whatever else comes of it, a refusal too, is found out again with the client as it is
    now.
    """
    client_id = proving.named(request)
    known = turn.services.clients.recall(client_id) if _can_be_repeated(request) else None
    if known is not None:
        try:
            return await _given(turn, request, *known)
        except (OAuth2Error, _Changed):
            pass
    while True:
        version, row = await turn.services.clients.read(turn.writer, client_id) or ("", None)
        try:
            return await _given(turn, request, version, row)
        except _Changed:
            continue


def _can_be_repeated(request: ProtocolRequest) -> bool:
    """What proves something once is not shown twice."""
    return not request.proofs and "client_assertion" not in request.form


async def _given(turn: Turn, request: ProtocolRequest, version: str, row: Client | None) -> dict[str, Any]:
    """Raises OAuth2Error, and _Changed."""
    client = await proving.proved(turn, request, row, proving.CONFIDENTIAL)
    if not client.may_use(GrantType.CLIENT):
        raise UnauthorizedClientError("This client may not act for itself")
    access = await _access(turn, request, client)
    told = audit.entry(
        "token.issued",
        at=turn.now,
        client_id=client.client_id,
        address=turn.caller.address,
        audience=access.resource.audience,
        scope=joined(access.scope),
    )
    if not await turn.services.told_of_clients.record(version, told):
        raise _Changed
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
        scope=wanted,
        seconds=turn.settings.access_token_seconds,
        jkt=await binding.key_for_tokens(turn, request, client),
    )
