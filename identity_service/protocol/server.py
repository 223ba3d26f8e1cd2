"""The authorization server: Authlib's, made anew for each request around its one transaction."""

from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Error, UnsupportedGrantTypeError

from identity_service.clients.models import Client
from identity_service.protocol import assertion
from identity_service.protocol import client as clients
from identity_service.protocol.client import ProtocolClient
from identity_service.protocol.code import CodeGrant, S256Challenge
from identity_service.protocol.device import DeviceGrant
from identity_service.protocol.exchange import ExchangeGrant
from identity_service.protocol.machine import MachineGrant
from identity_service.protocol.refresh import RefreshGrant
from identity_service.protocol.request import Answer, ProtocolRequest
from identity_service.protocol.revocation import Revocation
from identity_service.protocol.turn import Turn


class Server(AuthorizationServer):  # type: ignore[misc] # Authlib carries no types
    """Knows the grants we offer and no others: no implicit, no password."""

    def __init__(self, turn: Turn) -> None:
        super().__init__()
        self.turn = turn
        self.register_client_auth_method(assertion.METHOD, assertion.method_for(turn))
        self.register_client_auth_method("client_secret_basic", clients.by_basic)
        self.register_client_auth_method("client_secret_post", clients.by_post)
        self.register_client_auth_method("none", clients.by_name)
        self.register_grant(CodeGrant, [S256Challenge()])
        self.register_grant(RefreshGrant)
        self.register_grant(MachineGrant)
        self.register_grant(ExchangeGrant)
        self.register_grant(DeviceGrant)
        self.register_endpoint(Revocation)

    def query_client(self, client_id: str) -> ProtocolClient | None:
        row = self.turn.session.get(Client, client_id)
        return ProtocolClient(row, self.turn.now) if row is not None and row.disabled_at is None else None

    def get_token_grant(self, request: ProtocolRequest) -> Any:
        """As Authlib does, without repeating the unknown grant type in the error."""
        try:
            return super().get_token_grant(request)
        except UnsupportedGrantTypeError:
            raise UnsupportedGrantTypeError("that") from None

    def save_token(self, token: dict[str, Any], request: ProtocolRequest) -> None:
        """Nothing: the grants have kept their refresh tokens, and access tokens are not kept."""

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: ProtocolRequest) -> ProtocolRequest:
        return request

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Answer:
        return Answer(status, body, list(headers))


def token_answer(server: Server, request: ProtocolRequest) -> Answer:
    """The token endpoint. What must leave a trace (reuse of a code or token) is returned, so it commits."""
    try:
        clients.require_one_method(request)
    except OAuth2Error as error:
        refused: Answer = server.handle_error_response(request, error)
        return refused
    answer: Answer = server.create_token_response(request)
    return answer


def revocation_answer(server: Server, request: ProtocolRequest) -> Answer:
    """The revocation endpoint."""
    try:
        clients.require_one_method(request)
    except OAuth2Error as error:
        refused: Answer = server.handle_error_response(request, error)
        return refused
    answer: Answer = server.create_endpoint_response("revocation", request)
    return answer
