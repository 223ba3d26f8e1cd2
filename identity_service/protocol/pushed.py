"""Pushed authorization requests (RFC 9126): what a client asks for, left here before the browser is sent."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from authlib.oauth2.rfc6749 import InvalidRequestError

from identity_service.protocol import binding, proving, queries, statements, validation
from identity_service.protocol.client import ProtocolClient
from identity_service.protocol.request import Parameters, ProtocolRequest
from identity_service.protocol.turn import Turn
from identity_service.sealing import hashed, new_secret

LIFE: Final = timedelta(seconds=60)
URN: Final = "urn:ietf:params:oauth:request_uri:"
_PROOFS_OF_CLIENT: Final = frozenset({"client_secret", "client_assertion", "client_assertion_type"})


@dataclass(frozen=True, slots=True)
class Pushed:
    """A request that its client left here."""

    request_hash: str
    parameters: Parameters


async def push(turn: Turn, request: ProtocolRequest) -> dict[str, Any]:
    """Section 2: the client proves itself, its request is found good as it would be at the authorization
    endpoint, and is kept for a minute. Raises OAuth2Error; nothing is redirected."""
    client = await proving.authenticated(turn, request)
    parameters = await _parameters(turn, request, client)
    validation.validated(turn, client.row, parameters, is_pushed=True)
    secret = new_secret()
    await turn.writer.run(
        statements.PUSH,
        hash=hashed(secret),
        client_id=client.client_id,
        parameters=parameters,
        now=turn.now,
        ends_at=turn.now + LIFE,
    )
    return {"request_uri": URN + secret, "expires_in": int(LIFE.total_seconds())}


async def _parameters(turn: Turn, request: ProtocolRequest, client: ProtocolClient) -> dict[str, list[str]]:
    """What is kept: all but the proofs of who the client is; the key of a DPoP proof (RFC 9449 section 10.1)
    as if it had been named."""
    if "request_uri" in request.form:
        raise InvalidRequestError("request_uri has no place in a pushed request")
    kept = {
        name: list(values) for name, values in request.parameters.items() if name not in _PROOFS_OF_CLIENT
    }
    jkt = await binding.proved_key(turn, request)
    if jkt is not None and kept.setdefault("dpop_jkt", [jkt]) != [jkt]:
        raise InvalidRequestError("dpop_jkt names another key than the proof")
    return kept | {"client_id": [client.client_id]}


def is_reference(parameters: Parameters) -> bool:
    """Whether a request at the authorization endpoint stands for a pushed one."""
    return any(uri.startswith(URN) for uri in parameters.get("request_uri", []))


async def find(turn: Turn, parameters: Parameters) -> Pushed | None:
    """The pushed request that a client's browser brings, while it is fresh, unused and that client's own
    (section 4). Nothing else of `parameters` counts."""
    uris, named = parameters.get("request_uri", []), parameters.get("client_id", [])
    if len(uris) != 1 or len(named) != 1:
        return None
    row = await turn.writer.first(
        queries.PUSHED, hash=hashed(uris[0].removeprefix(URN)), client_id=named[0], now=turn.now
    )
    return Pushed(row["request_hash"], row["parameters"]) if row else None


async def spend(turn: Turn, request_hash: str) -> bool:
    """Its one use: the answer goes to the client. False when another answer went there before."""
    return bool(await turn.writer.run(statements.SPEND_PUSHED, hash=request_hash, now=turn.now))
