"""Revocation (RFC 7009)."""

from typing import Any
from uuid import UUID

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError

from identity_service.protocol import proving, queries, tokens
from identity_service.protocol.request import ProtocolRequest
from identity_service.protocol.turn import Turn
from identity_service.sealing import hashed
from shared.oidc.errors import InvalidToken


async def revoke(turn: Turn, request: ProtocolRequest) -> dict[str, Any]:
    """Revoking either kind of token ends its grant (section 2.1): an access token is a signed text that
    cannot be called back alone, so nothing new may come of its grant.

    The hint may be anything: both kinds are looked for.
    """
    client = await proving.authenticated(turn, request)
    if "token" not in request.form:
        raise InvalidRequestError("token is missing")
    grant_id = await _grant_of(turn, request.form["token"])
    row = await turn.writer.first(queries.GRANT, grant_id=grant_id) if grant_id else None
    if row is None:
        return {}
    if row["granted_to"] != client.client_id:
        raise InvalidGrantError
    await turn.revoke(
        row["grant_id"],
        account_id=row["account_id"],
        client_id=client.client_id,
        because="revoked by the client",
    )
    return {}


async def _grant_of(turn: Turn, token: str) -> UUID | None:
    row = await turn.writer.first(queries.GRANT_OF_TOKEN, hash=hashed(token))
    if row is not None:
        found: UUID = row["grant_id"]
        return found
    try:
        return tokens.grant_id_of(tokens.read_own(turn.keys, turn.issuer, token, kind=tokens.ACCESS_TYPE))
    except InvalidToken:
        return None
