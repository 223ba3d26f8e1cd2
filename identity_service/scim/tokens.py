"""Who may provision: a client of OAuth with the scope `scim`, or the bearer of a provisioning token."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from identity_service.audit import service as audit
from identity_service.clients.models import Client
from identity_service.protocol import tokens
from identity_service.protocol.resources import provisioning
from identity_service.scim.models import ScimToken
from identity_service.sealing import hashed, new_secret
from identity_service.visit import Visit
from shared.kernel.errors import Conflict, MissingScope, NotFound, Unauthenticated
from shared.kernel.ids import new_id
from shared.oidc.errors import InvalidToken

SCOPE: Final = "scim"
PREFIX: Final = "nb-scim-"
"""So that a token that leaked into a file is recognised."""


class NameTaken(Conflict):
    code = "scim.name_taken"
    title = "There is a provisioning token of this name already"


@dataclass(frozen=True, slots=True)
class Directory:
    """The program that provisions. `name` stands in the audit log for what it does."""

    name: str


async def authenticated(visit: Visit, authorization: str) -> Directory:
    """The directory behind an Authorization header. Raises Unauthenticated, MissingScope."""
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("Authorization must be: Bearer <token>")
    if token.startswith(PREFIX):
        return await _by_provisioning_token(visit, token)
    return await _by_access_token(visit, token)


async def _by_provisioning_token(visit: Visit, token: str) -> Directory:
    name = await visit.session.scalar(
        select(ScimToken.name).where(ScimToken.token_hash == hashed(token), ScimToken.revoked_at.is_(None))
    )
    if name is None:
        raise Unauthenticated("This provisioning token is not valid (any more)")
    return Directory(f"scim:{name}")


async def _by_access_token(visit: Visit, token: str) -> Directory:
    """RFC 9068 section 4, for our own audience. The client is looked up: it may have been shut since."""
    settings = visit.settings
    try:
        claims = tokens.read_own(visit.services.keys, settings.issuer, token, kind=tokens.ACCESS_TYPE)
    except InvalidToken as refusal:
        raise Unauthenticated(f"The access token is not valid here: {refusal.reason}") from None
    if claims.get("aud") != provisioning(settings) or claims.get("exp", 0) <= visit.now.timestamp():
        raise Unauthenticated("The access token is for another service, or has ended")
    if "cnf" in claims or claims.get("sub") != claims.get("client_id"):
        raise Unauthenticated("Only a client's own bearer token is taken here")
    client = await visit.session.get(Client, str(claims["client_id"]))
    if client is None or client.disabled_at is not None or SCOPE not in client.machine_scopes:
        raise Unauthenticated("This client may not provision")
    if SCOPE not in str(claims.get("scope", "")).split():
        raise MissingScope(f"This needs the scope {SCOPE}", data={"scope": SCOPE})
    return Directory(f"scim:{client.id}")


async def make(visit: Visit, name: str) -> str:
    """A new provisioning token, shown this once. Raises NameTaken."""
    known = await visit.session.scalar(select(ScimToken).where(ScimToken.name == name))
    if known is not None:
        raise NameTaken
    token = PREFIX + new_secret()
    row = ScimToken(id=new_id(), name=name, token_hash=hashed(token), created_at=visit.now)
    visit.session.add(row)
    audit.record(visit.session, "scim.token_made", at=visit.now, address=visit.address, name=name)
    return token


async def revoke(visit: Visit, name: str) -> None:
    """Raises NotFound."""
    known = await visit.session.scalar(select(ScimToken).where(ScimToken.name == name))
    if known is None:
        raise NotFound(f"There is no provisioning token {name!r}.")
    known.revoked_at = known.revoked_at or visit.now
    audit.record(visit.session, "scim.token_revoked", at=visit.now, address=visit.address, name=name)
