"""The refresh token grant with rotation and reuse detection (OAuth 2.1 section 4.3)."""

from datetime import timedelta
from typing import Any

from authlib.oauth2.rfc6749 import TokenMixin, grants
from sqlalchemy import select

from identity_service.grants.models import Grant, RefreshToken
from identity_service.protocol import tokens
from identity_service.protocol.client import ANY, ProtocolClient
from identity_service.protocol.code import token_response
from identity_service.protocol.turn import Person, Turn, person_of
from identity_service.sealing import hashed


class Credential(TokenMixin):  # type: ignore[misc] # Authlib carries no types
    """A refresh token with its grant, as Authlib asks for it."""

    def __init__(self, row: RefreshToken, grant: Grant) -> None:
        self.row, self.grant = row, grant

    def check_client(self, client: ProtocolClient) -> bool:
        return self.grant.client_id == client.client_id

    def get_scope(self) -> str:
        return self.grant.scope


class RefreshGrant(grants.RefreshTokenGrant):  # type: ignore[misc] # Authlib carries no types
    """Each refresh token is used once and followed by one successor.

    Within a short grace a used token gives the same successor again, for clients that refresh twice at
    once; after that its use means that somebody copied it, and the grant ends.
    """

    TOKEN_ENDPOINT_AUTH_METHODS = ANY

    @property
    def turn(self) -> Turn:
        turn: Turn = self.server.turn
        return turn

    def authenticate_refresh_token(self, refresh_token: str) -> Credential | None:
        session = self.turn.session
        found = session.get(RefreshToken, hashed(refresh_token))
        if found is None:
            return None
        grant = session.scalars(select(Grant).where(Grant.id == found.grant_id).with_for_update()).one()
        if grant.client_id != self.request.client.client_id or person_of(self.turn, grant) is None:
            return None
        session.refresh(found)
        if found.used_at is not None and not self._may_come_again(found, refresh_token, grant):
            return None
        return Credential(found, grant)

    def _may_come_again(self, row: RefreshToken, refresh_token: str, grant: Grant) -> bool:
        assert row.used_at is not None
        own: int | None = self.request.client.row.refresh_grace_seconds
        grace = timedelta(seconds=self.turn.settings.refresh_grace_seconds if own is None else own)
        if self.turn.now - row.used_at > grace:
            self.turn.revoke(grant, because="a refresh token was used twice")
            return False
        successor = tokens.next_refresh_token(self.turn, refresh_token)
        following = self.turn.session.get(RefreshToken, hashed(successor))
        return following is not None and following.used_at is None

    def authenticate_user(self, refresh_token: Credential) -> Person | None:
        person = person_of(self.turn, refresh_token.grant)
        if person is not None:
            person.session.seen_at = self.turn.now
        return person

    def generate_token(self, user: Person, scope: str, **_: Any) -> dict[str, Any]:
        credential: Credential = self.request.refresh_token
        grant = credential.grant
        token = token_response(self, user, grant, scope, nonce=None, bound=grant.dpop_jkt)
        token["refresh_token"] = self._successor(credential)
        return token

    def _successor(self, credential: Credential) -> str:
        presented: str = self.request.form["refresh_token"]
        if not self.request.client.rotates_refresh_tokens:
            return presented
        successor = tokens.next_refresh_token(self.turn, presented)
        if credential.row.used_at is None:
            tokens.keep_refresh_token(self.turn, credential.grant, successor)
        return successor

    def revoke_old_credential(self, refresh_token: Credential) -> None:
        if self.request.client.rotates_refresh_tokens and refresh_token.row.used_at is None:
            refresh_token.row.used_at = self.turn.now
