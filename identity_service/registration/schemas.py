"""What a client says of itself, in the words of RFC 7591 section 2 and OpenID Connect Registration."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from identity_service.clients.metadata import ClientMetadata
from identity_service.clients.models import Client
from identity_service.clients.names import Algorithm, AuthMethod
from shared.oidc.names import GrantType
from shared.web.fields import Name

SCOPES = ("openid", "profile", "email", "community:read", "community:write")
"""What a client that registered itself may ask people for; they are asked each time it is more."""


class ClientRequest(BaseModel):
    """Names that are not known are ignored, as RFC 7591 section 2 wants."""

    model_config = ConfigDict(extra="ignore")

    client_name: Name = "A client without a name"
    client_uri: str | None = None
    logo_uri: str | None = None
    policy_uri: str | None = None
    tos_uri: str | None = None
    contacts: list[str] = []
    redirect_uris: Annotated[list[str], Field(min_length=1)]
    post_logout_redirect_uris: list[str] = []
    backchannel_logout_uri: str | None = None
    backchannel_logout_session_required: bool = False
    response_types: list[Literal["code"]] = ["code"]
    grant_types: list[Literal[GrantType.CODE, GrantType.REFRESH]] = [GrantType.CODE]
    scope: str = " ".join(SCOPES)
    token_endpoint_auth_method: AuthMethod = AuthMethod.BASIC
    jwks: dict[str, Any] | None = None
    jwks_uri: str | None = None
    id_token_signed_response_alg: Algorithm = Algorithm.RS256
    subject_type: Literal["public"] = "public"
    default_max_age: int | None = None
    default_acr_values: list[str] = []
    require_pushed_authorization_requests: bool = False
    dpop_bound_access_tokens: bool = False

    def metadata(self, *, realms: list[str], audiences: list[str]) -> ClientMetadata:
        """The same under our rules. Raises pydantic's ValidationError."""
        same = {name: getattr(self, name) for name in _SAME}
        return ClientMetadata.model_validate(
            same
            | {
                "name": self.client_name,
                "id_token_alg": self.id_token_signed_response_alg,
                "scopes": [scope for scope in SCOPES if scope in self.scope.split()],
                "realms": realms,
                "audiences": audiences,
                "origins": [],
            }
        )


_SAME = tuple(set(ClientRequest.model_fields) & set(ClientMetadata.model_fields))


def described(client: Client) -> dict[str, Any]:
    """A client in the words of RFC 7591, without what is empty."""
    known = {name: getattr(client, name) for name in _SAME} | {
        "client_id": client.id,
        "client_name": client.name,
        "client_id_issued_at": int(_at(client.created_at)),
        "id_token_signed_response_alg": client.id_token_alg,
        "scope": " ".join(client.scopes),
        "response_types": ["code"],
        "subject_type": "public",
    }
    return {name: value for name, value in sorted(known.items()) if value not in (None, [])}


def _at(moment: datetime) -> float:
    return moment.timestamp()
