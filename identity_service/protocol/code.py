"""The authorization code grant with PKCE (OAuth 2.1 section 4.1, RFC 7636, RFC 9700)."""

import re
from datetime import timedelta
from typing import Any

from authlib.oauth2.rfc6749 import (
    AuthorizationCodeMixin,
    InvalidGrantError,
    InvalidRequestError,
    OAuth2Error,
    UnauthorizedClientError,
    grants,
)
from authlib.oauth2.rfc7636 import CodeChallenge
from sqlalchemy import select

from identity_service.grants import service as grants_service
from identity_service.grants.models import AuthorizationCode, Grant
from identity_service.protocol import binding, claims, tokens
from identity_service.protocol.answers import FORM_POST, RESPONSE_MODES
from identity_service.protocol.client import ANY, ProtocolClient
from identity_service.protocol.errors import RequestNotSupported, RequestUriNotSupported
from identity_service.protocol.resources import about_people
from identity_service.protocol.turn import Person, Turn, person_of
from identity_service.sealing import hashed

CODE_LIFE = timedelta(seconds=60)
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")


class Code(AuthorizationCodeMixin):  # type: ignore[misc] # Authlib carries no types
    """A stored code with its grant, as Authlib asks for it."""

    def __init__(self, row: AuthorizationCode, grant: Grant) -> None:
        self.row, self.grant = row, grant
        self.code_challenge = row.code_challenge
        self.code_challenge_method = row.code_challenge_method

    def get_redirect_uri(self) -> str:
        return self.row.redirect_uri

    def get_scope(self) -> str:
        return self.grant.scope


class S256Challenge(CodeChallenge):  # type: ignore[misc] # Authlib carries no types
    """PKCE with S256 alone (OAuth 2.1 section 4.1.1): no `plain`, no method left out."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        super().validate_code_challenge(grant, redirect_uri)
        data, client = grant.request.payload.data, grant.request.client
        if data.get("code_challenge") and data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("code_challenge_method must be S256")
        if not data.get("code_challenge") and client.requires_pkce:
            raise InvalidRequestError("code_challenge is required")

    def validate_code_verifier(self, grant: Any, result: Any) -> None:
        """FAPI 2.0 wants `invalid_grant` where the verifier is left out."""
        if grant.request.client.is_fapi and "code_verifier" not in grant.request.form:
            raise InvalidGrantError("code_verifier is missing")
        super().validate_code_verifier(grant, result)


class CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc] # Authlib carries no types
    """Codes are stored hashed with the grant they would give; a second use ends that grant."""

    TOKEN_ENDPOINT_AUTH_METHODS = ANY

    @property
    def turn(self) -> Turn:
        turn: Turn = self.server.turn
        return turn

    @staticmethod
    def validate_authorization_redirect_uri(request: Any, client: ProtocolClient) -> str:
        """RFC 6749 section 3.1.2.4: a bad address is shown to the person; nothing is sent there, and nothing
        of it is repeated."""
        redirect_uri: str | None = request.payload.redirect_uri
        if not redirect_uri or not client.check_redirect_uri(redirect_uri):
            raise InvalidRequestError("redirect_uri is missing or not registered")
        return redirect_uri

    def validate_authorization_request(self) -> str:
        redirect_uri: str = super().validate_authorization_request()
        try:
            for rule in RULES:
                rule(self)
        except OAuth2Error as error:
            error.redirect_uri = redirect_uri
            raise
        return redirect_uri

    def give_code(self, person: Person) -> str:
        """A code for the request that was validated before."""
        self.request.user = person
        code: str = self.generate_authorization_code()
        self.save_authorization_code(code, self.request)
        return code

    def save_authorization_code(self, code: str, request: Any) -> None:
        turn, person, data = self.turn, request.user, request.payload.data
        grant = grants_service.new_grant(
            turn.session,
            to=request.client.client_id,
            of=person.session,
            scope=request.scope,
            audiences=self.audiences,
            claims=claims.kept(self.wanted_claims),
            now=turn.now,
        )
        turn.session.flush()
        turn.session.add(
            AuthorizationCode(
                code_hash=hashed(code),
                grant_id=grant.id,
                client_id=grant.client_id,
                redirect_uri=data["redirect_uri"],
                nonce=data.get("nonce"),
                code_challenge=data.get("code_challenge"),
                code_challenge_method=data.get("code_challenge_method"),
                dpop_jkt=data.get("dpop_jkt"),
                expires_at=turn.now + CODE_LIFE,
            )
        )

    @property
    def wanted_claims(self) -> claims.Wanted:
        """What the parameter `claims` asks for. Raises InvalidRequestError."""
        return claims.wanted(self.request.form.get("claims"), self.request.client.row.scopes)

    @property
    def audiences(self) -> list[str]:
        """The audiences asked for, else the client's default; of those the first is the default."""
        client: ProtocolClient = self.request.client
        asked = [uri.rstrip("/") for uri in self.request.resources]
        return asked or client.row.audiences[:1] or [about_people(self.turn.settings)]

    def query_authorization_code(self, code: str, client: ProtocolClient) -> Code | None:
        """The stored code, locked. A code used before is refused and takes back what it gave."""
        session = self.turn.session
        row = session.scalar(
            select(AuthorizationCode).where(AuthorizationCode.code_hash == hashed(code)).with_for_update()
        )
        if row is None or row.client_id != client.client_id:
            return None
        grant = session.get_one(Grant, row.grant_id)
        if row.used_at is not None:
            self.turn.revoke(grant, because="its code was used twice")
            return None
        if row.expires_at <= self.turn.now or grant.revoked_at is not None:
            return None
        return Code(row, grant)

    def delete_authorization_code(self, authorization_code: Code) -> None:
        authorization_code.row.used_at = self.turn.now

    def authenticate_user(self, authorization_code: Code) -> Person | None:
        return person_of(self.turn, authorization_code.grant)

    def generate_token(
        self, user: Person, scope: str, include_refresh_token: bool = True, **_: Any
    ) -> dict[str, Any]:
        code: Code = self.request.authorization_code
        token = token_response(self, user, code.grant, scope, nonce=code.row.nonce, bound=code.row.dpop_jkt)
        if include_refresh_token:
            token["refresh_token"] = tokens.first_refresh_token(self.turn, code.grant)
        return token


def token_response(
    grant_type: Any,
    person: Person,
    grant: Grant,
    scope: str,
    *,
    nonce: str | None,
    bound: str | None = None,
) -> dict[str, Any]:
    """Access token, and id_token where `openid` was granted, for one of the grant's audiences. `bound` is
    the key that has to be proved for it."""
    turn: Turn = grant_type.server.turn
    client: ProtocolClient = grant_type.request.client
    resource = tokens.chosen_resource(turn, grant_type.request, grant.audiences)
    granted = tokens.scope_at(resource, scope)
    jkt = binding.key_for_tokens(turn, grant_type.request, client, bound=bound)
    binding.bind_refreshing(client, grant, jkt)
    access = tokens.Access(
        client=client,
        resource=resource,
        scope=granted,
        seconds=turn.settings.access_token_seconds,
        account=person.account,
        grant_id=grant.id,
        sid=str(person.session.id),
        jkt=jkt,
        proved=tokens.Proved.of(grant),
    )
    token = tokens.access_response(turn, access)
    if "openid" in granted:
        token["id_token"] = tokens.id_token(
            turn, client, person, grant, nonce=nonce, access=token["access_token"]
        )
    return token


def _is_pushed_where_it_has_to_be(grant: CodeGrant) -> None:
    """RFC 9126 section 5: no way around it for a client that pushes its requests."""
    if grant.request.client.requires_pushed and not grant.request.is_pushed:
        raise InvalidRequestError("This client has to push its requests")


def _key_is_a_thumbprint(grant: CodeGrant) -> None:
    """RFC 9449 section 10: `dpop_jkt` is a SHA-256 in base64url."""
    jkt = grant.request.payload.data.get("dpop_jkt")
    if jkt is not None and not _THUMBPRINT.fullmatch(jkt):
        raise InvalidRequestError("dpop_jkt must be the SHA-256 thumbprint of a key")


def _no_request_object(grant: CodeGrant) -> None:
    """OpenID Connect Core section 6: neither form of request object is supported."""
    data = grant.request.payload.data
    if "request" in data:
        raise RequestNotSupported
    if "request_uri" in data:
        raise RequestUriNotSupported


def _response_mode_is_known(grant: CodeGrant) -> None:
    """A form is posted to web addresses only; a program on the device gets its answer in the address."""
    mode = grant.request.payload.data.get("response_mode", "query")
    if mode not in RESPONSE_MODES:
        raise InvalidRequestError("response_mode must be query or form_post")
    if mode == FORM_POST and not grant.request.payload.redirect_uri.startswith(("https:", "http:")):
        raise InvalidRequestError("response_mode form_post needs a web address")


def _claims_can_be_read(grant: CodeGrant) -> None:
    """OpenID Connect Core section 5.5."""
    _ = grant.wanted_claims


def _realm_is_admitted(grant: CodeGrant) -> None:
    """Which realm's people a client admits is checked before a code exists."""
    row = grant.request.client.row
    if realm_of(grant) not in row.realms:
        raise UnauthorizedClientError("The client does not admit this realm")


def _resources_are_admitted(grant: CodeGrant) -> None:
    """RFC 8707 section 2.1; a community of one realm is no target for the other realm's people."""
    row = grant.request.client.row
    for audience in grant.audiences:
        resource = grant.turn.resources.get(audience)
        admitted = row.audiences or [about_people(grant.turn.settings)]
        if resource is None or audience not in admitted or realm_of(grant) not in resource.realms:
            raise tokens.InvalidTarget


def realm_of(grant: CodeGrant) -> str:
    """The realm asked for, else the client's default."""
    realm: str = grant.request.payload.data.get("realm") or next(iter(grant.request.client.row.realms), "")
    return realm


RULES = (
    _is_pushed_where_it_has_to_be,
    _key_is_a_thumbprint,
    _no_request_object,
    _response_mode_is_known,
    _claims_can_be_read,
    _realm_is_admitted,
    _resources_are_admitted,
)
