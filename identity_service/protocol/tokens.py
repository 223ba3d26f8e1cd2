"""Making tokens: RFC 9068 access tokens, id_tokens, refresh tokens; and reading our own."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from authlib.oauth2.rfc6749 import OAuth2Error
from authlib.oidc.core.util import create_half_hash

from identity_service.factors import levels
from identity_service.keys.service import KeyRing
from identity_service.protocol import claims as claims_of
from identity_service.protocol import queries
from identity_service.protocol.client import ProtocolClient
from identity_service.protocol.request import ProtocolRequest
from identity_service.protocol.resources import OPENID_SCOPES, Resource, joined
from identity_service.protocol.standing import Granted, Person, holds
from identity_service.protocol.turn import Turn
from shared.oidc.errors import InvalidToken
from shared.oidc.keys import algorithm_of, check_signature, read_header

ACCESS_TYPE, ID_TYPE = "at+jwt", "JWT"
_ID_TOKEN_SECONDS = 3600


class InvalidTarget(OAuth2Error):  # type: ignore[misc] # Authlib carries no types
    """The `resource` is unknown, or not for this client or person (RFC 8707 section 2)."""

    error = "invalid_target"
    description = "The resource is unknown or not available to this client"


class Proved(msgspec.Struct, frozen=True):
    """How and when the person proved who they are (RFC 9068 section 2.2.1): as the grant was given, whatever
    became of the session since."""

    at: datetime
    amr: list[str]

    @classmethod
    def of(cls, granted: Granted) -> "Proved":
        return cls(granted.auth_time, list(granted.amr))

    @property
    def claims(self) -> dict[str, Any]:
        return {"auth_time": int(self.at.timestamp()), "acr": levels.acr_of(self.amr).value, "amr": self.amr}


class Access(msgspec.Struct, frozen=True):
    """What an access token shall say. Without a person the client acts for itself. `act` is who acts for the
    person (RFC 8693 section 4.1), `jkt` the key that has to be proved with it."""

    client: ProtocolClient
    resource: Resource
    scope: str
    seconds: int
    person: Person | None = None
    grant_id: UUID | None = None
    sid: str | None = None
    act: dict[str, Any] | None = None
    jkt: str | None = None
    proved: Proved | None = None


def access_token(turn: Turn, access: Access) -> str:
    """A signed access token with one audience. Its `jti` begins with the id of its grant, by which
    UserInfo and revocation find out whether it still holds."""
    now = int(turn.now.timestamp())
    grant = access.grant_id.hex if access.grant_id else "0"
    claims: dict[str, Any] = {
        "iss": turn.issuer,
        "sub": access.client.client_id,
        "aud": access.resource.audience,
        "iat": now,
        "exp": now + access.seconds,
        "jti": f"{grant}.{secrets.token_urlsafe(16)}",
        "client_id": access.client.client_id,
        "scope": access.scope,
    }
    if access.person is not None:
        claims |= _person_claims(access.person)
        if access.client.row.may_act is not None:
            claims["may_act"] = {"sub": access.client.row.may_act}
    if access.proved is not None:
        claims |= access.proved.claims
    if access.sid is not None:
        claims["sid"] = access.sid
    if access.act is not None:
        claims["act"] = access.act
    if access.jkt is not None:
        claims["cnf"] = {"jkt": access.jkt}
    return turn.keys.sign("ES256", claims, ACCESS_TYPE, turn.now)


def access_response(turn: Turn, access: Access) -> dict[str, Any]:
    """The members of a token response that every grant gives (RFC 6749 section 5.1)."""
    return {
        "access_token": access_token(turn, access),
        "token_type": "Bearer" if access.jkt is None else "DPoP",
        "expires_in": access.seconds,
        "scope": access.scope,
    }


def _person_claims(person: Person) -> dict[str, Any]:
    return {"sub": str(person.id), "realm": person.realm, "roles": person.roles, "name": person.name}


def access_to(
    turn: Turn,
    request: ProtocolRequest,
    client: ProtocolClient,
    granted: Granted,
    scope: str,
    jkt: str | None,
) -> Access:
    """An access token for one of the grant's audiences, bound to the key `jkt`. Raises InvalidTarget."""
    resource = chosen_resource(turn, request, granted.audiences)
    return Access(
        client=client,
        resource=resource,
        scope=scope_at(resource, scope),
        seconds=turn.settings.access_token_seconds,
        person=granted.person,
        grant_id=granted.id,
        sid=str(granted.sid),
        jkt=jkt,
        proved=Proved.of(granted),
    )


def token_response(turn: Turn, access: Access, granted: Granted, *, nonce: str | None) -> dict[str, Any]:
    """Access token, and id_token where `openid` was granted."""
    body = access_response(turn, access)
    if "openid" in access.scope.split():
        body["id_token"] = id_token(turn, access.client, granted, nonce=nonce, access=body["access_token"])
    return body


def id_token(turn: Turn, client: ProtocolClient, granted: Granted, *, nonce: str | None, access: str) -> str:
    """OpenID Connect Core section 2. Claims asked for by scope are at UserInfo, not here (5.4)."""
    now = int(turn.now.timestamp())
    algorithm = client.id_token_alg
    claims = {
        "iss": turn.issuer,
        "sub": str(granted.person.id),
        "aud": client.client_id,
        "azp": client.client_id,
        "iat": now,
        "exp": now + _ID_TOKEN_SECONDS,
        "sid": str(granted.sid),
        **Proved.of(granted).claims,
        "at_hash": create_half_hash(access, algorithm).decode("ascii"),
    }
    claims |= claims_of.told(granted.person, turn.issuer, granted.claims, claims_of.ID_TOKEN)
    return turn.keys.sign(algorithm, claims | ({"nonce": nonce} if nonce else {}), ID_TYPE, turn.now)


def next_refresh_token(turn: Turn, presented: str) -> str:
    """The one successor of a refresh token. Computed from it, so that two refreshes at the same moment get
    the same, and a grant never has two live branches."""
    derived = turn.services.sealer.derive(presented, purpose="refresh token")
    return base64.urlsafe_b64encode(derived).rstrip(b"=").decode("ascii")


def read_own(keys: KeyRing, issuer: str, token: str, *, kind: str) -> dict[str, Any]:
    """The payload of a token that we signed, of one kind. Its end is not checked. Raises InvalidToken."""
    header = read_header(token)
    if header.get("typ") != kind:
        raise InvalidToken("type")
    key = keys.find(header.get("kid"))
    if key is None:
        raise InvalidToken("unknown key")
    payload = check_signature(token, key, algorithm=algorithm_of(key))
    if payload.get("iss") != issuer:
        raise InvalidToken("issuer")
    return payload


def grant_id_of(payload: dict[str, Any]) -> UUID | None:
    """The id of the grant from which an access token of ours came, if it came from one."""
    head, _, _ = str(payload.get("jti", "")).partition(".")
    try:
        return UUID(hex=head)
    except ValueError:
        return None


async def granted_by(turn: Turn, payload: dict[str, Any]) -> Granted | None:
    """The grant from which an access token of ours came, if it came from one, and that still holds."""
    grant_id = grant_id_of(payload)
    row = await turn.writer.first(queries.GRANT, grant_id=grant_id) if grant_id else None
    return Granted.of(row) if row is not None and holds(row, turn.settings, turn.now) else None


def chosen_resource(turn: Turn, request: ProtocolRequest, admitted: Sequence[str]) -> Resource:
    """The one audience of the token: the one asked for, else the first admitted (RFC 8707 section 2.2)."""
    audience = wanted_audience(request) or next(iter(admitted), "")
    resource = turn.resources.get(audience)
    if audience not in admitted or resource is None:
        raise InvalidTarget
    return resource


def wanted_audience(request: ProtocolRequest) -> str | None:
    """The audience asked for, if any. Raises InvalidTarget for more than one."""
    wanted = request.resources
    if len(wanted) > 1:
        raise InvalidTarget("A token has one audience: ask for one resource")
    return wanted[0].rstrip("/") if wanted else None


def scope_at(resource: Resource, scope: str) -> str:
    """The part of a granted scope that means something at one audience or at UserInfo."""
    return joined(frozenset(scope.split()) & (resource.scopes | OPENID_SCOPES))
