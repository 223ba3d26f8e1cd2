"""The device flow's two endpoints for devices (RFC 8628)."""

from datetime import datetime
from typing import Any

from authlib.oauth2.rfc6749 import (
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Error,
    UnauthorizedClientError,
)
from sqlalchemy import select

from identity_service.device_flow import codes, service
from identity_service.device_flow.models import DeviceRequest
from identity_service.protocol import binding, proving, queries, statements, tokens
from identity_service.protocol.client import ProtocolClient
from identity_service.protocol.errors import AccessDenied
from identity_service.protocol.request import ProtocolRequest
from identity_service.protocol.resources import about_people
from identity_service.protocol.standing import Granted, holds
from identity_service.protocol.turn import Turn
from identity_service.sealing import hashed, new_secret
from identity_service.visit import Visit
from shared.oidc.names import GrantType


class AuthorizationPending(OAuth2Error):  # type: ignore[misc] # Authlib carries no types
    """Section 3.5: nobody has decided yet."""

    error = "authorization_pending"


class SlowDown(OAuth2Error):  # type: ignore[misc] # Authlib carries no types
    """Section 3.5: asked too soon; from now on the device has to wait five seconds longer."""

    error = "slow_down"


class ExpiredToken(OAuth2Error):  # type: ignore[misc] # Authlib carries no types
    error = "expired_token"


async def begin(turn: Turn, request: ProtocolRequest) -> dict[str, Any]:
    """Section 3.1: a device asks for its codes."""
    client = await proving.authenticated(turn, request)
    if not client.may_use(GrantType.DEVICE):
        raise UnauthorizedClientError("This client may not sign in on devices")
    scope = client.allowed_scope(request.form.get("scope"))
    if scope is None:
        raise InvalidScopeError
    realm: str = request.form.get("realm") or next(iter(client.row.realms), "")
    if realm not in client.row.realms:
        raise UnauthorizedClientError("The client does not admit this realm")
    audiences = _audiences(turn, client, request, realm)
    async with turn.visiting() as visit:
        made = await service.begin(
            visit, client_id=client.client_id, realm=realm, scope=scope, audiences=audiences
        )
    user_code, address = codes.shown(made.user_code), f"{turn.issuer}/device"
    return {
        "device_code": made.device_code,
        "user_code": user_code,
        "verification_uri": address,
        "verification_uri_complete": f"{address}?user_code={user_code}",
        "expires_in": int(service.LIFE.total_seconds()),
        "interval": service.INTERVAL,
    }


def _audiences(turn: Turn, client: ProtocolClient, request: ProtocolRequest, realm: str) -> list[str]:
    """The audiences asked for; else the first of the client's that the realm's people may have."""
    admitted = [
        audience
        for audience in client.row.audiences or [about_people(turn.settings)]
        if audience in turn.resources and realm in turn.resources[audience].realms
    ]
    audiences = [uri.rstrip("/") for uri in request.resources] or admitted[:1]
    if not audiences or not set(audiences) <= set(admitted):
        raise tokens.InvalidTarget
    return audiences


async def give(turn: Turn, request: ProtocolRequest) -> dict[str, Any]:
    """Section 3.4: the device asks, again and again, whether its person has decided. What a refusal leaves
    behind is kept, so it is raised only after the transaction."""
    client = await proving.authenticated(turn, request)
    if not client.may_use(GrantType.DEVICE):
        raise UnauthorizedClientError("This client may not sign in on devices")
    if "device_code" not in request.form:
        raise InvalidRequestError("device_code is missing")
    async with turn.caller.begin() as visit:
        try:
            return await _given(visit, Turn(visit), client, request)
        except OAuth2Error as error:
            refused = error
    raise refused


async def _given(
    visit: Visit, turn: Turn, client: ProtocolClient, request: ProtocolRequest
) -> dict[str, Any]:
    device = await visit.session.scalar(
        select(DeviceRequest)
        .where(DeviceRequest.device_code_hash == hashed(request.form["device_code"]))
        .with_for_update()
    )
    if device is None or device.client_id != client.client_id:
        raise InvalidGrantError("The device code is not known")
    granted = await _decided(turn, device)
    jkt = await binding.key_for_tokens(turn, request, client)
    access = tokens.access_to(turn, request, client, granted, granted.scope, jkt)
    await binding.bind_refreshing(turn, client, granted, jkt)
    body = tokens.token_response(turn, access, granted, nonce=None)
    if client.may_use(GrantType.REFRESH):
        body["refresh_token"] = token = new_secret()
        await turn.writer.run(statements.KEEP_TOKEN, grant_id=granted.id, hash=hashed(token), now=turn.now)
    device.used_at = turn.now
    return body


async def _decided(turn: Turn, device: DeviceRequest) -> Granted:
    """The grant that the person gave. Raises the errors of section 3.5."""
    row = await turn.writer.first(queries.GRANT, grant_id=device.grant_id) if device.grant_id else None
    if device.used_at is not None:
        if row is not None:
            await turn.revoke(
                row["grant_id"],
                account_id=row["account_id"],
                client_id=device.client_id,
                because="its device code was used twice",
            )
        raise InvalidGrantError("The device code was used before")
    if device.denied_at is not None:
        raise AccessDenied("The person said no")
    if device.expires_at <= turn.now:
        raise ExpiredToken
    if row is None:
        _require_patience(device, turn.now)
        raise AuthorizationPending
    if not holds(row, turn.settings, turn.now):
        raise InvalidGrantError("The person is not signed in any more")
    return Granted.of(row)


def _require_patience(device: DeviceRequest, now: datetime) -> None:
    before, device.polled_at = device.polled_at, now
    if before is not None and (now - before).total_seconds() < device.interval:
        device.interval += service.INTERVAL
        raise SlowDown
