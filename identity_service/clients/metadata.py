"""What may be said of a client, wherever it is said: in a file, by an administrator, by the client itself.

The names are those of RFC 7591 and of the specifications it refers to, and of `Client` for the rest.
"""

import json
from collections.abc import Callable, Collection
from typing import Annotated, Any, Literal

from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from identity_service.clients.addresses import RedirectUri, WebAddress
from identity_service.clients.names import Algorithm, AuthMethod, Profile
from identity_service.clients.origins import BadOrigin, exact_origins
from shared.kernel.errors import FieldError, Invalid
from shared.oidc.names import GrantType
from shared.web.fields import Disagrees, Name

Token = Annotated[str, StringConstraints(pattern=r"^[\x21\x23-\x5B\x5D-\x7E]{1,200}$")]
"""A scope, audience or name as RFC 6749 appendix A writes them."""
Tokens = Annotated[list[Token], Field(max_length=100)]
Contact = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1F\x7F]{1,254}$")]
_PRIVATE_PARTS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_MOST_KEYS = 20


def _origins(given: list[str] | None) -> list[str] | None:
    try:
        return None if given is None else exact_origins(given)
    except BadOrigin as error:
        raise ValueError(error.detail) from None


def public_key_set(document: dict[str, Any] | None) -> dict[str, Any] | None:
    """A JWK Set with public keys only, each named by a `kid`. Raises ValueError."""
    if document is None:
        return None
    keys = document.get("keys")
    if not isinstance(keys, list) or not 0 < len(keys) <= _MOST_KEYS:
        raise ValueError(f'must be {{"keys": [...]}} with 1 to {_MOST_KEYS} keys')
    if any(not isinstance(key, dict) or _PRIVATE_PARTS & set(key) for key in keys):
        raise ValueError("must hold public keys only")
    if any(not isinstance(key.get("kid"), str) for key in keys):
        raise ValueError("each key needs a kid")
    if r"\u0000" in json.dumps(keys):
        raise ValueError("there is a NUL character in a key")  # of which PostgreSQL holds none
    try:
        KeySet.import_key_set({"keys": keys})
    except (JoseError, ValueError, TypeError, KeyError):
        raise ValueError("a key cannot be read") from None
    return {"keys": keys}


_Texts = Annotated[list[Annotated[str, Field(max_length=300)]], Field(max_length=50)]
Origins = Annotated[_Texts | None, AfterValidator(_origins)]
PublicKeys = Annotated[dict[str, Any] | None, AfterValidator(public_key_set)]


class ClientMetadata(BaseModel):
    """A client without its id and its secret. Defaults are the careful ones."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    is_first_party: bool = False
    client_uri: WebAddress | None = None
    logo_uri: WebAddress | None = None
    policy_uri: WebAddress | None = None
    tos_uri: WebAddress | None = None
    contacts: Annotated[list[Contact], Field(max_length=10)] = []

    token_endpoint_auth_method: AuthMethod = AuthMethod.BASIC
    jwks: PublicKeys = None
    jwks_uri: WebAddress | None = None

    grant_types: Annotated[list[GrantType], Field(max_length=10)] = [GrantType.CODE]
    scopes: Tokens = []
    audiences: Tokens = []
    realms: Annotated[list[Literal["staff", "customer"]], Field(max_length=2)] = []
    redirect_uris: Annotated[list[RedirectUri], Field(max_length=50)] = []
    post_logout_redirect_uris: Annotated[list[RedirectUri], Field(max_length=50)] = []
    backchannel_logout_uri: WebAddress | None = None
    backchannel_logout_session_required: bool = False
    origins: Origins = None
    machine_scopes: Tokens = []
    machine_audiences: Tokens = []
    exchange_audiences: Tokens = []
    exchange_scopes: Tokens = []
    exchange_actors: Tokens = []
    may_act: Token | None = None
    serves: Tokens = []

    security_profile: Profile = Profile.OAUTH
    requires_pkce: bool = True
    require_pushed_authorization_requests: bool = False
    dpop_bound_access_tokens: bool = False
    rotates_refresh_tokens: bool = True
    refresh_grace_seconds: Annotated[int | None, Field(ge=0, le=60)] = None
    default_max_age: Annotated[int | None, Field(ge=0)] = None
    default_acr_values: Tokens = []
    id_token_alg: Algorithm = Algorithm.ES256

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "ClientMetadata":
        for rule in _RULES:
            rule(self)
        return self


class UnknownAudience(Invalid):
    code = "clients.unknown_audience"
    title = "There is no such audience here"


def require_audiences(client: ClientMetadata, known: Collection[str]) -> None:
    """No token is ever made for an audience that is not `known`: whoever names one has mistyped, or means
    another installation. Raises UnknownAudience, about each of them."""
    there_are = ", ".join(sorted(known))
    wrong = tuple(
        FieldError(f"/{name}/{index}", UnknownAudience.code, f"There is no {audience} here, but {there_are}.")
        for name in ("audiences", "machine_audiences", "exchange_audiences", "serves")
        for index, audience in enumerate(getattr(client, name))
        if audience not in known
    )
    if wrong:
        raise UnknownAudience(wrong[0].detail, fields=wrong)


def _keys_where_it_signs(client: ClientMetadata) -> None:
    """RFC 7591 section 2: `jwks` and `jwks_uri` are not given together."""
    if client.jwks is not None and client.jwks_uri is not None:
        raise Disagrees("jwks", "give jwks or jwks_uri, not both")
    if client.token_endpoint_auth_method == AuthMethod.KEY and not (client.jwks or client.jwks_uri):
        raise Disagrees("jwks_uri", "private_key_jwt needs jwks or jwks_uri")


def _addresses_where_people_come_back(client: ClientMetadata) -> None:
    if GrantType.CODE in client.grant_types and not client.redirect_uris:
        raise Disagrees("redirect_uris", "authorization_code needs redirect_uris")
    if GrantType.CODE in client.grant_types and not client.realms:
        raise Disagrees("realms", "authorization_code needs realms: whose people may sign in")


def _no_machine_without_proof(client: ClientMetadata) -> None:
    """OAuth 2.1 section 4.2 and RFC 8693: only a client that proves itself acts for itself or for others."""
    alone = {GrantType.CLIENT, GrantType.EXCHANGE} & set(client.grant_types)
    if client.token_endpoint_auth_method == AuthMethod.NONE and alone:
        raise Disagrees("grant_types", "a public client has neither client_credentials nor token exchange")
    if client.token_endpoint_auth_method == AuthMethod.NONE and not client.requires_pkce:
        raise Disagrees("requires_pkce", "a public client needs PKCE")


def _fapi2_is_whole(client: ClientMetadata) -> None:
    """FAPI 2.0 Security Profile section 5.3.2.1."""
    if client.security_profile == Profile.FAPI2 and not (
        client.token_endpoint_auth_method == AuthMethod.KEY
        and client.require_pushed_authorization_requests
        and client.dpop_bound_access_tokens
        and client.requires_pkce
        and not client.rotates_refresh_tokens
        and client.id_token_alg != Algorithm.RS256
    ):
        raise Disagrees(
            "security_profile",
            "fapi2 means private_key_jwt, require_pushed_authorization_requests, dpop_bound_access_tokens, "
            "PKCE, no rotation of refresh tokens and no RS256",
        )


_RULES: tuple[Callable[[ClientMetadata], None], ...] = (
    _keys_where_it_signs,
    _addresses_where_people_come_back,
    _no_machine_without_proof,
    _fapi2_is_whole,
)
