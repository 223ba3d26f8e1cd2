"""The refresh token grant with rotation and reuse detection (OAuth 2.1 section 4.3)."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final

from authlib.oauth2.rfc6749 import (
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    UnauthorizedClientError,
)

from identity_service.protocol import binding, proving, queries, spending, tokens
from identity_service.protocol.client import ProtocolClient
from identity_service.protocol.request import ProtocolRequest
from identity_service.protocol.standing import Granted, holds
from identity_service.protocol.turn import Turn
from identity_service.sealing import hashed
from identity_service.sessions import service as sessions
from shared.db.query import Row
from shared.oidc.names import GrantType

_NONE: Final[Sequence[Row]] = ()


async def give(turn: Turn, request: ProtocolRequest) -> dict[str, Any]:
    """Each refresh token is used once and followed by one successor.

    Within a short grace a used token gives the same successor again, for clients that refresh twice at
    once; after that its use means that somebody copied it, and the grant ends.
    """
    return await proving.with_client(turn, request, partial(_given, turn, request))


async def _given(
    turn: Turn, request: ProtocolRequest, client: ProtocolClient, version: str
) -> dict[str, Any]:
    if not client.may_use(GrantType.REFRESH):
        raise UnauthorizedClientError("This client may not refresh tokens")
    if "refresh_token" not in request.form:
        raise InvalidRequestError("refresh_token is missing")
    jkt = await binding.key_for_tokens(turn, request, client)
    row, token = await _used(turn, request, client, version, jkt)
    granted = Granted.of(row)
    binding.require_key(jkt, granted.dpop_jkt)
    scope = _narrowed(granted, request.form.get("scope"))
    access = tokens.access_to(turn, request, client, granted, scope, jkt)
    if client.rotates_refresh_tokens and row["used_at"] is None:
        raise InvalidGrantError  # it ended at this moment
    await binding.bind_refreshing(turn, client, granted, jkt)
    await sessions.touch(turn.writer, granted.sid, row["seen_at"], turn.now)
    return tokens.token_response(turn, access, granted, nonce=None) | {"refresh_token": token}


async def _used(
    turn: Turn, request: ProtocolRequest, client: ProtocolClient, version: str, jkt: str | None
) -> tuple[Row, str]:
    """What the token that was shown gives, and the refresh token that is good from now on. It was used up by
    this if it could be and is to be. Raises OAuth2Error, and Changed."""
    presented, rows = request.form["refresh_token"], _NONE
    token = tokens.next_refresh_token(turn, presented) if client.rotates_refresh_tokens else presented
    if client.rotates_refresh_tokens:
        rows = await turn.writer.run(
            spending.ROTATE,
            hash=hashed(presented),
            client_id=client.client_id,
            version=version,
            jkt=jkt,
            audience=tokens.wanted_audience(request),
            scopes=request.form.get("scope", "").split(),
            following=hashed(token),
            now=turn.now,
        )
    row = rows[0] if rows else await _left(turn, client, version, presented)
    if not holds(row, turn.settings, turn.now):
        raise InvalidGrantError
    return row, token


async def _left(turn: Turn, client: ProtocolClient, version: str, presented: str) -> Row:
    """The token that was not used up by this. Raises InvalidGrantError, after the grant was ended where the
    token was used too late, and Changed."""
    row = await turn.writer.first(queries.REFRESH_TOKEN, client_id=client.client_id, hash=hashed(presented))
    if row is None or row["client_version"] != version:
        raise proving.Changed
    if row["granted_to"] != client.client_id or not holds(row, turn.settings, turn.now):
        raise InvalidGrantError
    if row["used_at"] is not None and not await _may_come_again(turn, client, row, presented):
        raise InvalidGrantError
    return row


async def _may_come_again(turn: Turn, client: ProtocolClient, row: Row, presented: str) -> bool:
    own = client.row.refresh_grace_seconds
    grace = timedelta(seconds=turn.settings.refresh_grace_seconds if own is None else own)
    if turn.now - row["used_at"] > grace:
        await turn.revoke(
            row["grant_id"],
            account_id=row["account_id"],
            client_id=client.client_id,
            because="a refresh token was used twice",
        )
        return False
    following = hashed(tokens.next_refresh_token(turn, presented))
    return await turn.writer.first(queries.IS_UNUSED, hash=following) is not None


def _narrowed(granted: Granted, asked: str | None) -> str:
    """The scope of the grant, or the part of it that is asked for (RFC 6749 section 6)."""
    if not asked:
        return granted.scope
    if not frozenset(asked.split()) <= frozenset(granted.scope.split()):
        raise InvalidScopeError
    return asked
