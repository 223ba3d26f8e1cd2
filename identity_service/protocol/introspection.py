"""Introspection (RFC 7662): whether a token holds at this moment, told to those who serve it.

Services ask this for each of their requests: one statement and, for an access token not seen before, one
signature to check.
"""

from typing import Any
from uuid import UUID

from authlib.oauth2.rfc6749 import InvalidRequestError

from identity_service.protocol import proving, queries, tokens
from identity_service.protocol.client import ProtocolClient
from identity_service.protocol.request import ProtocolRequest
from identity_service.protocol.seen import SeenTokens
from identity_service.protocol.standing import holds
from identity_service.protocol.turn import Turn
from identity_service.sealing import hashed
from shared.db.query import Row
from shared.oidc.errors import InvalidToken

INACTIVE: dict[str, Any] = {"active": False}
_TOLD = (
    "iss",
    "sub",
    "aud",
    "client_id",
    "acr",
    "amr",
    "auth_time",
    "scope",
    "iat",
    "exp",
    "jti",
    "sid",
    "realm",
    "roles",
    "act",
    "cnf",
)


async def introspect(turn: Turn, request: ProtocolRequest, seen: SeenTokens) -> dict[str, Any]:
    """The answer of section 2.2. Raises OAuth2Error when the client does not prove who it is.

    To whom a token does not concern it is `{"active": false}`, as one that does not exist.
    """
    if "token" not in request.form:
        raise InvalidRequestError("token is missing")
    client_id, token = proving.named(request), request.form["token"]
    try:
        payload = seen.read(turn.keys, turn.issuer, token)
    except InvalidToken:
        return await _about_refresh_token(turn, request, client_id, token)
    return await _about_access_token(turn, request, client_id, payload)


async def _about_access_token(
    turn: Turn, request: ProtocolRequest, client_id: str, payload: dict[str, Any]
) -> dict[str, Any]:
    grant_id = tokens.grant_id_of(payload)
    row = await turn.caller.reader.first(
        queries.ABOUT_ACCESS_TOKEN,
        client_id=client_id,
        grant_id=grant_id,
        account_id=_account_id(payload),
        holder=str(payload.get("client_id")),
    )
    client = await _asking(turn, request, client_id, row)
    if row is None or (payload.get("client_id") != client_id and payload.get("aud") not in client.row.serves):
        return INACTIVE
    if int(payload["exp"]) <= turn.now.timestamp() or not _holds(turn, row, payload, grant_id):
        return INACTIVE
    told = {name: payload[name] for name in _TOLD if name in payload}
    return {"active": True, "token_type": "DPoP" if "cnf" in payload else "Bearer", **told}


async def _asking(turn: Turn, request: ProtocolRequest, client_id: str, row: Row | None) -> ProtocolClient:
    known = await turn.client_of(client_id, row["client_version"] if row else None)
    return await proving.proved(turn, request, known, proving.CONFIDENTIAL)


def _holds(turn: Turn, row: Row, payload: dict[str, Any], grant_id: UUID | None) -> bool:
    if row["holder"] is None or row["holder_disabled_at"] is not None:
        return False
    if grant_id is not None:
        return holds(row, turn.settings, turn.now) and str(row["account_id"]) == payload.get("sub")
    by_itself = payload.get("sub") == payload.get("client_id")
    return by_itself or (row["account_id"] is not None and row["deactivated_at"] is None)


async def _about_refresh_token(
    turn: Turn, request: ProtocolRequest, client_id: str, token: str
) -> dict[str, Any]:
    """Told to the client alone whose token it is (section 4)."""
    row = await turn.caller.reader.first(queries.ABOUT_REFRESH_TOKEN, client_id=client_id, hash=hashed(token))
    await _asking(turn, request, client_id, row)
    if row is None or row["granted_to"] != client_id or not holds(row, turn.settings, turn.now):
        return INACTIVE
    if row["holder_disabled_at"] is not None or (row["rotates"] and row["used_at"] is not None):
        return INACTIVE
    return {
        "active": True,
        "iss": turn.issuer,
        "sub": str(row["account_id"]),
        "client_id": row["granted_to"],
        "scope": row["scope"],
        "iat": int(row["token_made_at"].timestamp()),
        "exp": int(row["grant_ends_at"].timestamp()),
        "sid": str(row["sid"]),
        "realm": row["realm"],
    }


def _account_id(payload: dict[str, Any]) -> UUID | None:
    try:
        return UUID(str(payload.get("sub")))
    except ValueError:
        return None
