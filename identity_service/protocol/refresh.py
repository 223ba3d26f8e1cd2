"""The refresh token grant with rotation and reuse detection (OAuth 2.1 section 4.3)."""

from datetime import timedelta
from typing import Any

from authlib.oauth2.rfc6749 import (
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    UnauthorizedClientError,
)

from identity_service.protocol import proving, queries, statements, tokens
from identity_service.protocol.client import ProtocolClient
from identity_service.protocol.request import ProtocolRequest
from identity_service.protocol.standing import Granted, holds
from identity_service.protocol.turn import Turn
from identity_service.sealing import hashed
from identity_service.sessions import service as sessions
from shared.db.query import Row
from shared.oidc.names import GrantType


async def give(turn: Turn, request: ProtocolRequest) -> dict[str, Any]:
    """Each refresh token is used once and followed by one successor.

    Within a short grace a used token gives the same successor again, for clients that refresh twice at
    once; after that its use means that somebody copied it, and the grant ends.
    """
    client, row, presented = await _asked(turn, request)
    granted = await _granted(turn, client, row, presented)
    scope = _narrowed(granted, request.form.get("scope"))
    access = await tokens.access_to(turn, request, client, granted, scope, bound=granted.dpop_jkt)
    token = await _successor(turn, client, row, presented)
    await sessions.touch(turn.writer, granted.sid, row["seen_at"], turn.now)
    return tokens.token_response(turn, access, granted, nonce=None) | {"refresh_token": token}


async def _asked(turn: Turn, request: ProtocolRequest) -> tuple[ProtocolClient, Row, str]:
    """Who asks, all that hangs together with the token, and the token."""
    client_id, presented = proving.named(request), request.form.get("refresh_token")
    row = await _read(turn, client_id, presented or "")
    known = await turn.client_of(client_id, row["client_version"] if row else None)
    client = await proving.proved(turn, request, known)
    if not client.may_use(GrantType.REFRESH):
        raise UnauthorizedClientError("This client may not refresh tokens")
    if presented is None or row is None:
        raise InvalidRequestError("refresh_token is missing")
    return client, row, presented


async def _read(turn: Turn, client_id: str, token: str) -> Row | None:
    return await turn.writer.first(queries.REFRESH_TOKEN, client_id=client_id, hash=hashed(token))


async def _granted(turn: Turn, client: ProtocolClient, row: Row, presented: str) -> Granted:
    """Raises InvalidGrantError, after the grant was ended where the token was used too late."""
    if row["granted_to"] != client.client_id or not holds(row, turn.settings, turn.now):
        raise InvalidGrantError
    granted = Granted.of(row)
    if row["used_at"] is not None and not await _may_come_again(turn, client, row, presented):
        raise InvalidGrantError
    return granted


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


async def _successor(turn: Turn, client: ProtocolClient, row: Row, presented: str) -> str:
    """The refresh token that is good from now on."""
    if not client.rotates_refresh_tokens:
        return presented
    successor = tokens.next_refresh_token(turn, presented)
    if row["used_at"] is None and not await turn.writer.run(
        statements.ROTATE,
        grant_id=row["grant_id"],
        hash=hashed(presented),
        following=hashed(successor),
        now=turn.now,
    ):
        await _require_that_it_came_in_parallel(turn, client, presented)
    return successor


async def _require_that_it_came_in_parallel(turn: Turn, client: ProtocolClient, presented: str) -> None:
    """Between reading and writing somebody else used the token, or the grant ended."""
    row = await _read(turn, client.client_id, presented)
    if row is None or row["used_at"] is None:
        raise InvalidGrantError
    await _granted(turn, client, row, presented)
