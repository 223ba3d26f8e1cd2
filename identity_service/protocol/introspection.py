"""Introspection (RFC 7662): whether a token holds at this moment, told to those who serve it.

Services ask this for each of their requests, so it goes past Authlib and the ORM: one statement and, for an
access token not seen before, one signature to check.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from authlib.oauth2.rfc6749 import InvalidClientError

from identity_service.clients.models import live_secrets
from identity_service.protocol import client as clients
from identity_service.protocol import queries, tokens
from identity_service.protocol.client import CONFIDENTIAL
from identity_service.protocol.request import ProtocolRequest
from identity_service.protocol.seen import SeenTokens
from identity_service.protocol.server import Server
from identity_service.protocol.turn import Turn
from identity_service.sealing import hashed
from identity_service.visit import Caller
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


@dataclass(frozen=True, slots=True)
class _Asking:
    """Who asks, and with which secret; None when the client has proved itself already."""

    client_id: str
    secret: str | None = None
    method: str = ""


async def introspect(caller: Caller, request: ProtocolRequest, seen: SeenTokens) -> dict[str, Any]:
    """The answer of section 2.2. Raises OAuth2Error when the client does not prove who it is.

    To whom a token does not concern it is `{"active": false}`, as one that does not exist.
    """
    clients.require_one_method(request)
    asking = await _asking(caller, request)
    token = request.form.get("token", "")
    try:
        payload = seen.read(caller.services.keys, caller.settings.issuer, token)
    except InvalidToken:
        return await _about_refresh_token(caller, asking, token)
    return await _about_access_token(caller, asking, payload)


async def _asking(caller: Caller, request: ProtocolRequest) -> _Asking:
    pair = clients.secret_of(request)
    if pair is not None:
        return _Asking(*pair)
    async with caller.begin() as visit:
        server = Server(Turn.of(visit))
        client = await visit.session.run_sync(
            lambda _: server.authenticate_client(request, CONFIDENTIAL, "introspection")
        )
    return _Asking(client.client_id)


async def _about_access_token(caller: Caller, asking: _Asking, payload: dict[str, Any]) -> dict[str, Any]:
    grant_id = tokens.grant_id_of(payload)
    row = await caller.reader.first(
        queries.ABOUT_ACCESS_TOKEN,
        client_id=asking.client_id,
        grant_id=grant_id,
        account_id=_account_id(payload),
        holder=str(payload.get("client_id")),
    )
    row = _require_client(asking, row, caller.now)
    mine = payload.get("client_id") == asking.client_id
    if not mine and payload.get("aud") not in row["serves"]:
        return INACTIVE
    if int(payload["exp"]) <= caller.now.timestamp() or not _holds(caller, row, payload, grant_id):
        return INACTIVE
    told = {name: payload[name] for name in _TOLD if name in payload}
    return {"active": True, "token_type": "DPoP" if "cnf" in payload else "Bearer", **told}


def _holds(caller: Caller, row: Row, payload: dict[str, Any], grant_id: UUID | None) -> bool:
    if row["holder"] is None or row["holder_disabled_at"] is not None:
        return False
    if grant_id is not None:
        return _grant_is_live(caller, row) and str(row["account_id"]) == payload.get("sub")
    by_itself = payload.get("sub") == payload.get("client_id")
    return by_itself or (row["account_id"] is not None and row["deactivated_at"] is None)


async def _about_refresh_token(caller: Caller, asking: _Asking, token: str) -> dict[str, Any]:
    """Told to the client alone whose token it is (section 4)."""
    found = await caller.reader.first(
        queries.ABOUT_REFRESH_TOKEN, client_id=asking.client_id, token_hash=hashed(token)
    )
    row = _require_client(asking, found, caller.now)
    if row["granted_to"] != asking.client_id or not _grant_is_live(caller, row):
        return INACTIVE
    if row["holder_disabled_at"] is not None or (row["rotates"] and row["used_at"] is not None):
        return INACTIVE
    return {
        "active": True,
        "iss": caller.settings.issuer,
        "sub": str(row["account_id"]),
        "client_id": row["granted_to"],
        "scope": row["scope"],
        "iat": int(row["token_made_at"].timestamp()),
        "exp": int(row["grant_ends_at"].timestamp()),
        "sid": str(row["sid"]),
        "realm": row["realm"],
    }


def _grant_is_live(caller: Caller, row: Row) -> bool:
    """As `person_of`: the grant, its session and its account."""
    now: datetime = caller.now
    if row["grant_ends_at"] is None or row["sid"] is None or row["account_id"] is None:
        return False
    idle: timedelta = caller.settings.session_life(row["realm"])[0]
    return (
        row["revoked_at"] is None
        and row["grant_ends_at"] > now
        and row["ended_at"] is None
        and row["session_ends_at"] > now
        and row["seen_at"] > now - idle
        and row["deactivated_at"] is None
    )


def _require_client(asking: _Asking, row: Row | None, now: datetime) -> Row:
    """Raises InvalidClientError unless the client is known, not disabled and has proved itself."""
    if row is None or row["asker_disabled_at"] is not None:
        raise InvalidClientError(status_code=401)
    if asking.secret is not None:
        good = live_secrets(row["secret_hash"], row["old_secret_hash"], row["old_secret_until"], now)
        if not clients.is_one_of(good, asking.secret) or row["method"] != asking.method:
            raise InvalidClientError(status_code=401)
    return row


def _account_id(payload: dict[str, Any]) -> UUID | None:
    try:
        return UUID(str(payload.get("sub")))
    except ValueError:
        return None
