"""Pushed authorization requests (RFC 9126): what a client asks for, left here before the browser is sent."""

from datetime import timedelta
from typing import Any, Final

from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Error
from sqlalchemy import select, update

from identity_service.grants.models import PushedRequest
from identity_service.protocol import binding, validation
from identity_service.protocol import client as clients
from identity_service.protocol.client import ANY, ProtocolClient
from identity_service.protocol.request import Answer, Parameters, ProtocolRequest
from identity_service.protocol.server import Server
from identity_service.sealing import hashed, new_secret
from identity_service.visit import Visit

PATH: Final = "/oauth/par"
LIFE: Final = timedelta(seconds=60)
URN: Final = "urn:ietf:params:oauth:request_uri:"
_PROOFS_OF_CLIENT: Final = frozenset({"client_secret", "client_assertion", "client_assertion_type"})


def push(visit: Visit, server: Server, request: ProtocolRequest) -> Answer:
    """Section 2: the client proves itself, its request is found good as it would be at the authorization
    endpoint, and is kept for a minute. Errors are answered here; nothing is redirected."""
    try:
        clients.require_one_method(request)
        client = server.authenticate_client(request, ANY, "pushed")
        parameters = _parameters(server, request, client)
        asked = validation.protocol_request(visit, parameters, pushed=True)
        validation.validated(visit, server, asked, parameters, None)
        return Answer(201, _keep(server, client, parameters), [])
    except OAuth2Error as error:
        error.redirect_uri = None
        refused: Answer = server.handle_error_response(request, error)
        return refused


def _parameters(server: Server, request: ProtocolRequest, client: ProtocolClient) -> dict[str, list[str]]:
    """What is kept: all but the proofs of who the client is; the key of a DPoP proof (RFC 9449 section 10.1)
    as if it had been named."""
    if "request_uri" in request.form:
        raise InvalidRequestError("request_uri has no place in a pushed request")
    kept = {
        name: list(values)
        for name, values in request.payload.datalist.items()
        if name not in _PROOFS_OF_CLIENT
    }
    jkt = binding.proved_key(server.turn, request)
    if jkt is not None and kept.setdefault("dpop_jkt", [jkt]) != [jkt]:
        raise InvalidRequestError("dpop_jkt names another key than the proof")
    return kept | {"client_id": [client.client_id]}


def _keep(server: Server, client: ProtocolClient, parameters: Parameters) -> dict[str, Any]:
    turn, secret = server.turn, new_secret()
    turn.session.add(
        PushedRequest(
            request_hash=hashed(secret),
            client_id=client.client_id,
            parameters=dict(parameters),
            created_at=turn.now,
            expires_at=turn.now + LIFE,
        )
    )
    return {"request_uri": URN + secret, "expires_in": int(LIFE.total_seconds())}


def is_reference(parameters: Parameters) -> bool:
    """Whether a request at the authorization endpoint stands for a pushed one."""
    return any(uri.startswith(URN) for uri in parameters.get("request_uri", []))


async def find(visit: Visit, parameters: Parameters) -> PushedRequest | None:
    """The pushed request that a client's browser brings, while it is fresh, unused and that client's own
    (section 4). Nothing else of `parameters` counts."""
    uris, named = parameters.get("request_uri", []), parameters.get("client_id", [])
    if len(uris) != 1 or len(named) != 1:
        return None
    found: PushedRequest | None = await visit.session.scalar(
        select(PushedRequest).where(
            PushedRequest.request_hash == hashed(uris[0].removeprefix(URN)),
            PushedRequest.client_id == named[0],
            PushedRequest.used_at.is_(None),
            PushedRequest.expires_at > visit.now,
        )
    )
    return found


async def spend(visit: Visit, request_hash: str) -> bool:
    """Its one use: the answer goes to the client. False when another answer went there before."""
    spent = await visit.session.execute(
        update(PushedRequest)
        .where(PushedRequest.request_hash == request_hash, PushedRequest.used_at.is_(None))
        .values(used_at=visit.now)
        .returning(PushedRequest.request_hash)
    )
    return spent.first() is not None
