"""The device flow's two endpoints for devices (RFC 8628)."""

from typing import Any

from authlib.oauth2.rfc6749 import (
    BaseGrant,
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Error,
    UnauthorizedClientError,
)
from authlib.oauth2.rfc6749.grants import TokenEndpointMixin
from sqlalchemy import select

from identity_service.device_flow import codes, service
from identity_service.device_flow.models import DeviceRequest
from identity_service.grants.models import Grant
from identity_service.protocol import client as clients
from identity_service.protocol import tokens
from identity_service.protocol.client import ANY, ProtocolClient
from identity_service.protocol.code import token_response
from identity_service.protocol.errors import AccessDenied
from identity_service.protocol.request import Answer, ProtocolRequest
from identity_service.protocol.resources import about_people
from identity_service.protocol.turn import Turn, person_of
from identity_service.sealing import hashed
from shared.oidc.names import GrantType

PATH = "/oauth/device_authorization"


class AuthorizationPending(OAuth2Error):  # type: ignore[misc] # Authlib carries no types
    """Section 3.5: nobody has decided yet."""

    error = "authorization_pending"


class SlowDown(OAuth2Error):  # type: ignore[misc] # Authlib carries no types
    """Section 3.5: asked too soon; from now on the device has to wait five seconds longer."""

    error = "slow_down"


class ExpiredToken(OAuth2Error):  # type: ignore[misc] # Authlib carries no types
    error = "expired_token"


def authorization_answer(server: Any, request: ProtocolRequest) -> Answer:
    """Section 3.1: a device asks for its codes."""
    try:
        clients.require_one_method(request)
        return Answer(200, _begun(server.turn, server.authenticate_client(request, ANY, "device"), request))
    except OAuth2Error as error:
        refused: Answer = server.handle_error_response(request, error)
        return refused


def _begun(turn: Turn, client: ProtocolClient, request: ProtocolRequest) -> dict[str, Any]:
    if not client.check_grant_type(GrantType.DEVICE):
        raise UnauthorizedClientError("This client may not sign in on devices")
    scope = client.get_allowed_scope(request.form.get("scope"))
    if scope is None:
        raise InvalidScopeError
    realm: str = request.form.get("realm") or next(iter(client.row.realms), "")
    if realm not in client.row.realms:
        raise UnauthorizedClientError("The client does not admit this realm")
    made = service.begin(
        turn.session,
        turn.sealer,
        turn.now,
        client_id=client.client_id,
        realm=realm,
        scope=scope,
        audiences=_audiences(turn, client, request, realm),
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


class DeviceGrant(BaseGrant, TokenEndpointMixin):  # type: ignore[misc] # Authlib carries no types
    """Section 3.4: the device asks, again and again, whether its person has decided."""

    GRANT_TYPE = GrantType.DEVICE.value
    TOKEN_ENDPOINT_AUTH_METHODS = ANY

    @property
    def turn(self) -> Turn:
        turn: Turn = self.server.turn
        return turn

    def validate_token_request(self) -> None:
        client = self.authenticate_token_endpoint_client()
        if not client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError("This client may not sign in on devices")
        if "device_code" not in self.request.form:
            raise InvalidRequestError("device_code is missing")
        self.request.client = client

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        turn, client = self.turn, self.request.client
        device = turn.session.scalar(
            select(DeviceRequest)
            .where(DeviceRequest.device_code_hash == hashed(self.request.form["device_code"]))
            .with_for_update()
        )
        if device is None or device.client_id != client.client_id:
            raise InvalidGrantError("The device code is not known")
        grant = self._decided(device)
        person = person_of(turn, grant)
        if person is None:
            raise InvalidGrantError("The person is not signed in any more")
        token = token_response(self, person, grant, grant.scope, nonce=None)
        if client.check_grant_type(GrantType.REFRESH):
            token["refresh_token"] = tokens.first_refresh_token(turn, grant)
        device.used_at = turn.now
        return 200, token, self.TOKEN_RESPONSE_HEADER

    def _decided(self, device: DeviceRequest) -> Grant:
        """The grant that the person gave. Raises the errors of section 3.5."""
        turn = self.turn
        grant = turn.session.get(Grant, device.grant_id) if device.grant_id else None
        if device.used_at is not None:
            if grant is not None:
                turn.revoke(grant, because="its device code was used twice")
            raise InvalidGrantError("The device code was used before")
        if device.denied_at is not None:
            raise AccessDenied("The person said no")
        if device.expires_at <= turn.now:
            raise ExpiredToken
        if grant is None:
            self._require_patience(device)
            raise AuthorizationPending
        return grant

    def _require_patience(self, device: DeviceRequest) -> None:
        before, device.polled_at = device.polled_at, self.turn.now
        if before is not None and (self.turn.now - before).total_seconds() < device.interval:
            device.interval += service.INTERVAL
            raise SlowDown
