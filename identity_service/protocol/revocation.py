"""Revocation (RFC 7009)."""

from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc7009 import RevocationEndpoint
from sqlalchemy import select

from identity_service.grants.models import Grant, RefreshToken
from identity_service.protocol import tokens
from identity_service.protocol.client import ANY, ProtocolClient
from identity_service.sealing import hashed
from shared.oidc.errors import InvalidToken


class Revocable:
    """The grant behind a token, as Authlib asks for it."""

    def __init__(self, grant: Grant) -> None:
        self.grant = grant

    def check_client(self, client: ProtocolClient) -> bool:
        return self.grant.client_id == client.client_id


class Revocation(RevocationEndpoint):  # type: ignore[misc] # Authlib carries no types
    """Revoking either kind of token ends its grant (section 2.1): an access token is a signed text that
    cannot be called back alone, so nothing new may come of its grant."""

    CLIENT_AUTH_METHODS = ANY

    def check_params(self, request: Any, client: ProtocolClient) -> None:
        """The hint may be anything (section 2.1): both kinds are looked for."""
        if "token" not in request.form:
            raise InvalidRequestError("token is missing")

    def query_token(self, token_string: str, token_type_hint: str | None) -> Revocable | None:
        turn = self.server.turn
        row = turn.session.get(RefreshToken, hashed(token_string))
        if row is not None:
            found = turn.session.scalar(select(Grant).where(Grant.id == row.grant_id).with_for_update())
            return Revocable(found) if found else None
        try:
            payload = tokens.read_own(turn.keys, turn.issuer, token_string, kind=tokens.ACCESS_TYPE)
        except InvalidToken:
            return None
        grant = tokens.grant_of(turn, payload)
        return Revocable(grant) if grant else None

    def revoke_token(self, token: Revocable, request: Any) -> None:
        self.server.turn.revoke(token.grant, because="revoked by the client")
