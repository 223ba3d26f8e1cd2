"""`private_key_jwt`: a client proves itself by what it signs (OpenID Connect Core section 9, RFC 7523)."""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import bindparam, select

from identity_service.clients import keys
from identity_service.clients.models import Client
from identity_service.protocol import statements
from identity_service.protocol.client import ProtocolClient
from identity_service.protocol.request import Parameters, ProtocolRequest
from identity_service.protocol.turn import Turn
from identity_service.sealing import hashed
from identity_service.visit import Caller
from shared.db.query import Query
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

_JWKS_URI: Final = Query(select(Client.jwks_uri).where(Client.id == bindparam("client_id")))


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


def is_in(request: ProtocolRequest) -> bool:
    """Whether a request comes with an assertion."""
    return request.form.get("client_assertion_type") == TYPE and "client_assertion" in request.form


def named(request: ProtocolRequest) -> str | None:
    """The client that an assertion says it is of; None where it says nothing, or the request another name."""
    try:
        client_id = _named(request.form["client_assertion"])
    except InvalidToken:
        return None
    return client_id if request.form.get("client_id", client_id) == client_id else None


async def proves(turn: Turn, request: ProtocolRequest, client: ProtocolClient) -> bool:
    """Whether the request holds an assertion of this client, which is used up by that."""
    if not is_in(request):
        return False
    try:
        await _check(turn, client, request.form["client_assertion"])
    except InvalidToken:
        return False
    return True


async def _check(turn: Turn, client: ProtocolClient, assertion: str) -> None:
    """Raises InvalidToken."""
    payload = _signed_by(turn, client, assertion)
    if payload.get("iss") != client.client_id or payload.get("sub") != client.client_id:
        raise InvalidToken("iss or sub")
    if payload.get("aud") != turn.issuer:
        raise InvalidToken("aud")
    ends = _checked_end(payload, turn.now.timestamp())
    await use_once(turn, client.client_id, payload.get("jti"), ends)


def _named(assertion: str) -> str:
    client_id = payload_unchecked(assertion).get("sub")
    if not isinstance(client_id, str) or not (client_id.isascii() and client_id.isprintable() and client_id):
        raise InvalidToken("sub")
    return client_id


def _signed_by(turn: Turn, client: ProtocolClient, assertion: str) -> dict[str, Any]:
    header = read_header(assertion, algorithms=STRONG if client.is_fapi else ALGORITHMS)
    if str(header.get("typ", "")).lower() not in _TYPES:
        raise InvalidToken("type")
    jwk = keys.find(client.row, header.get("kid"), turn.services.client_keys)
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


async def use_once(turn: Turn, client_id: str, jti: object, ends: int) -> None:
    """Raises InvalidToken when this assertion was used before, also at this very moment elsewhere."""
    if not isinstance(jti, str) or not 0 < len(jti) <= _LONGEST_JTI:
        raise InvalidToken("jti")
    ends_at = datetime.fromtimestamp(ends, UTC)
    if not await turn.writer.run(
        statements.USE_ASSERTION, client_id=client_id, hash=hashed(jti), ends_at=ends_at
    ):
        raise InvalidToken("used before")
