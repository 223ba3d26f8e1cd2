"""The client credentials grant: a client acts for itself (OAuth 2.1 section 4.2)."""

from typing import Any

from authlib.oauth2.rfc6749 import InvalidScopeError, grants

from identity_service.protocol import binding, tokens
from identity_service.protocol.client import CONFIDENTIAL, ProtocolClient
from identity_service.protocol.turn import Turn


class MachineGrant(grants.ClientCredentialsGrant):  # type: ignore[misc] # Authlib carries no types
    """No refresh token, one audience, and only scopes that client and audience share."""

    TOKEN_ENDPOINT_AUTH_METHODS = CONFIDENTIAL

    def generate_token(self, scope: str | None = None, **_: Any) -> dict[str, Any]:
        turn: Turn = self.server.turn
        client: ProtocolClient = self.request.client
        resource = tokens.chosen_resource(turn, self.request, client.row.machine_audiences)
        admitted = frozenset(client.row.machine_scopes) & resource.scopes
        wanted = frozenset(scope.split()) if scope else admitted
        if not wanted <= admitted:
            raise InvalidScopeError
        access = tokens.Access(
            client=client,
            resource=resource,
            scope=wanted,
            seconds=turn.settings.access_token_seconds,
            jkt=binding.key_for_tokens(turn, self.request, client),
        )
        return tokens.access_response(turn, access)
