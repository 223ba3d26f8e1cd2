"""`private_key_jwt`: a client proves itself by what it signs (OpenID Connect Core section 9, RFC 7523)."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from identity_service.clients import keys
from identity_service.clients.models import Client
from identity_service.grants.models import UsedAssertion
from identity_service.protocol.client import ProtocolClient, Query
from identity_service.protocol.request import Parameters
from identity_service.protocol.turn import Turn
from identity_service.sealing import hashed
from identity_service.visit import Caller
from shared.db.query import Query as Statement
from shared.oidc.errors import InvalidToken
from shared.oidc.keys import read_header
from shared.oidc.signed import STRONG, key_of, payload_of, payload_unchecked, seconds

METHOD: Final = "private_key_jwt"
TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS: Final = (*STRONG, "RS256")
LONGEST_SECONDS: Final = 300
AHEAD_SECONDS: Final = 10
"""How far the client's clock may be ahead of ours (FAPI 2.0 section 5.3.2.1)."""
_TYPES: Final = frozenset({"", "jwt", "client-authentication+jwt"})
_LONGEST_JTI: Final = 256

_JWKS_URI: Final = Statement(select(Client.jwks_uri).where(Client.id == bindparam("client_id")))


async def fetch_keys(caller: Caller, parameters: Parameters) -> None:
    """Before any transaction: read the keys of the client that seems to ask, where they are elsewhere."""
    assertion = parameters.get("client_assertion", [""])[0]
    if not assertion:
        return
    try:
        header = read_header(assertion, algorithms=ALGORITHMS)
        client_id = _named(assertion)
    except InvalidToken:
        return
    row = await caller.reader.first(_JWKS_URI, client_id=client_id)
    if row is not None and row["jwks_uri"]:
        await caller.services.client_keys.prepare(row["jwks_uri"], header.get("kid"))


def method_for(turn: Turn) -> Callable[[Query, Any], ProtocolClient | None]:
    """The method as Authlib calls it, around the request's one transaction."""

    def by_assertion(query_client: Query, request: Any) -> ProtocolClient | None:
        form = request.form
        if form.get("client_assertion_type") != TYPE or "client_assertion" not in form:
            return None
        try:
            return _proved(turn, query_client, form["client_assertion"], form.get("client_id"))
        except InvalidToken:
            return None

    return by_assertion


def _proved(turn: Turn, query_client: Query, assertion: str, named: str | None) -> ProtocolClient:
    """Raises InvalidToken."""
    client_id = _named(assertion)
    client = query_client(client_id) if named in (None, client_id) else None
    if client is None or client.row.token_endpoint_auth_method != METHOD:
        raise InvalidToken("client")
    payload = _signed_by(turn, client, assertion)
    if payload.get("iss") != client_id or payload.get("sub") != client_id:
        raise InvalidToken("iss or sub")
    if payload.get("aud") != turn.issuer:
        raise InvalidToken("aud")
    ends = _checked_end(payload, turn.now.timestamp())
    use_once(turn, client_id, payload.get("jti"), ends)
    return client


def _named(assertion: str) -> str:
    client_id = payload_unchecked(assertion).get("sub")
    if not isinstance(client_id, str) or not (client_id.isascii() and client_id.isprintable() and client_id):
        raise InvalidToken("sub")
    return client_id


def _signed_by(turn: Turn, client: ProtocolClient, assertion: str) -> dict[str, Any]:
    header = read_header(assertion, algorithms=STRONG if client.is_fapi else ALGORITHMS)
    if str(header.get("typ", "")).lower() not in _TYPES:
        raise InvalidToken("type")
    jwk = keys.find(client.row, header.get("kid"), turn.client_keys)
    return payload_of(assertion, key_of(jwk, header["alg"]), algorithm=header["alg"])


def _checked_end(payload: dict[str, Any], now: float) -> int:
    """Five minutes at most, whether counted from now or from when it says it was made."""
    ends, issued, begins = (seconds(payload, name) for name in ("exp", "iat", "nbf"))
    if ends is None or not now < ends <= now + LONGEST_SECONDS + AHEAD_SECONDS:
        raise InvalidToken("exp")
    if issued is not None and not ends - LONGEST_SECONDS <= issued <= now + AHEAD_SECONDS:
        raise InvalidToken("iat")
    if begins is not None and begins > now + AHEAD_SECONDS:
        raise InvalidToken("nbf")
    return ends


def use_once(turn: Turn, client_id: str, jti: object, ends: int) -> None:
    """Raises InvalidToken when this assertion was used before, also at this very moment elsewhere."""
    if not isinstance(jti, str) or not 0 < len(jti) <= _LONGEST_JTI:
        raise InvalidToken("jti")
    used = turn.session.execute(
        insert(UsedAssertion)
        .values(client_id=client_id, jti_hash=hashed(jti), expires_at=datetime.fromtimestamp(ends, UTC))
        .on_conflict_do_nothing()
        .returning(UsedAssertion.jti_hash)
    )
    if used.first() is None:
        raise InvalidToken("used before")
