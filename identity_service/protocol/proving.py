"""How a client proves who it is (RFC 6749 section 2.3, OpenID Connect Core section 9).

First it is found out whom a request names, then that client has to prove itself in the one way it registered.
"""

import secrets
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Final, TypeVar

from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError, OAuth2Error

from identity_service.clients.models import Client
from identity_service.clients.names import AuthMethod
from identity_service.protocol import assertion
from identity_service.protocol.client import ProtocolClient
from identity_service.protocol.request import ProtocolRequest
from identity_service.protocol.turn import Turn
from identity_service.sealing import hashed

CONFIDENTIAL: Final = (AuthMethod.BASIC, AuthMethod.POST, AuthMethod.KEY)
ANY: Final = (*CONFIDENTIAL, AuthMethod.NONE)
Told = TypeVar("Told")
_Check = Callable[[Turn, ProtocolRequest, ProtocolClient], Awaitable[bool]]


class Changed(Exception):
    """The client is not any more what it was taken for."""


def require_one_method(request: ProtocolRequest) -> None:
    """RFC 6749 section 2.3: a client proves itself in one way per request, and under one name."""
    in_body = ("client_secret" in request.form) + ("client_assertion" in request.form)
    if in_body + (request.authorization is not None) > 1:
        raise InvalidRequestError("Use one way of client authentication only")
    named = request.form.get("client_id")
    if request.basic is not None and named is not None and named != request.basic[0]:
        raise InvalidRequestError("client_id differs from the authenticated client")


def named(request: ProtocolRequest) -> str:
    """The client that a request says it comes from. Raises InvalidClientError when it names none."""
    if request.authorization is not None:
        name = request.basic[0] if request.basic else None
    elif assertion.is_in(request):
        name = assertion.named(request)
    else:
        name = request.form.get("client_id")
    if not name:
        raise not_proved()
    return name


def not_proved() -> InvalidClientError:
    """One answer for all that is wrong, so that nobody learns which clients there are."""
    return InvalidClientError(status_code=401, description="The client is not known or did not prove itself")


async def proved(
    turn: Turn, request: ProtocolRequest, row: Client | None, methods: Iterable[str] = ANY
) -> ProtocolClient:
    """The client that `request` names, whose row is given, when it has proved itself by the one method that
    it registered (OpenID Connect Registration section 2), and that is one of `methods`. Raises
    InvalidClientError."""
    if row is None or row.disabled_at is not None:
        raise not_proved()
    client, method = ProtocolClient(row), row.token_endpoint_auth_method
    if method not in methods or (client.is_fapi and method != AuthMethod.KEY):
        raise not_proved()
    if not await _CHECKS[method](turn, request, client):
        raise not_proved()
    return client


async def authenticated(turn: Turn, request: ProtocolRequest, methods: Iterable[str] = ANY) -> ProtocolClient:
    """The client from which a request comes, read now. Raises InvalidClientError."""
    return await proved(turn, request, await turn.client(named(request)), methods)


async def with_client(
    turn: Turn,
    request: ProtocolRequest,
    act: Callable[[ProtocolClient, str], Awaitable[Told]],
    methods: Iterable[str] = ANY,
) -> Told:
    """What `act` gives for the client from which a request comes; it is told the client's version, and raises
    Changed when its statement finds that there is another one by now.

    The client is taken as it was when it was read last. Memory refuses nobody: when anything is refused, and
    the client is another one by now, all is done once more. Raises OAuth2Error.
    """
    client_id = named(request)
    known = turn.services.clients.recall(client_id) if _can_be_repeated(request) else None
    version, row = known or await _read(turn, client_id)
    while True:
        try:
            return await act(await proved(turn, request, row, methods), version)
        except Changed:
            version, row = await _read(turn, client_id)
        except OAuth2Error:
            taken, (version, row) = version, await _read(turn, client_id) if known else (version, row)
            if version == taken:
                raise
        known = None


async def _read(turn: Turn, client_id: str) -> tuple[str, Client | None]:
    return await turn.services.clients.read(turn.writer, client_id) or ("", None)


def _can_be_repeated(request: ProtocolRequest) -> bool:
    """What proves something once is not shown twice."""
    return not request.proofs and "client_assertion" not in request.form


def has_secret(row: Client, basic: tuple[str, str] | None, now: datetime) -> bool:
    """`client_secret_basic`: the client and a secret of it, as `basic_pair` reads them."""
    return basic is not None and basic[0] == row.id and _is_one_of(row.secrets_at(now), basic[1])


async def _by_basic(turn: Turn, request: ProtocolRequest, client: ProtocolClient) -> bool:
    return has_secret(client.row, request.basic, turn.now)


async def _by_post(turn: Turn, request: ProtocolRequest, client: ProtocolClient) -> bool:
    given = request.form.get("client_secret")
    return given is not None and _is_one_of(client.row.secrets_at(turn.now), given)


async def _by_name(turn: Turn, request: ProtocolRequest, client: ProtocolClient) -> bool:
    """A public client says who it is."""
    return request.authorization is None and request.form.get("client_id") == client.client_id


_CHECKS: Final[dict[str, _Check]] = {
    AuthMethod.BASIC: _by_basic,
    AuthMethod.POST: _by_post,
    AuthMethod.KEY: assertion.proves,
    AuthMethod.NONE: _by_name,
}


def _is_one_of(stored: Iterable[str], given: str) -> bool:
    """Compared in constant time with each of the hashes."""
    digest = hashed(given)
    return any(secrets.compare_digest(one, digest) for one in stored)
