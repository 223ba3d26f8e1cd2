"""The edge of a service: where a request becomes a context, and where its one transaction commits."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Protocol

from fastapi import Depends
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from shared.db.context import Context, ReadContext
from shared.db.engine import Database
from shared.db.query import SessionReader
from shared.kernel.actor import GUEST, Actor
from shared.kernel.clock import Clock
from shared.kernel.errors import MissingScope, Unauthenticated
from shared.kernel.paging import CursorCodec
from shared.web import idempotency
from shared.web.csrf import own_form_only

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Authenticator(Protocol):
    """Who is asking. One of each per service, made in `app.py`."""

    async def by_bearer(self, token: str) -> Actor:
        """Raises `Unauthenticated` for a token that is not good here."""
        ...

    async def by_session(self, request: Request) -> Actor:
        """The person of the browser session, or the guest."""
        ...


class Edge:
    """What a service's requests stand on; kept in `app.state.edge`."""

    def __init__(
        self, database: Database, clock: Clock, cursors: CursorCodec, authenticator: Authenticator
    ) -> None:
        self.database = database
        self.clock = clock
        self.cursors = cursors
        self.authenticator = authenticator


async def bearer_actor(request: Request) -> Actor:
    """The actor of an API call: from `Authorization: Bearer` alone, never from a cookie."""
    header = request.headers.get("authorization")
    if header is None:
        return GUEST
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Authorization must be: Bearer <access token>")
    actor = await edge_of(request).authenticator.by_bearer(token.strip())
    _require_scope(actor, "community:read" if request.method in ("GET", "HEAD") else "community:write")
    return actor


def _require_scope(actor: Actor, scope: str) -> None:
    if actor.scopes is not None and scope not in actor.scopes:
        raise MissingScope(f"This call needs the scope {scope}", data={"scope": scope})


async def session_actor(request: Request) -> Actor:
    """The actor of a page: from the service's own session cookie."""
    return await edge_of(request).authenticator.by_session(request)


def edge_of(request: Request) -> Edge:
    edge: Edge = request.app.state.edge
    return edge


def _read_context(request: Request, actor: Actor) -> ReadContext:
    edge = edge_of(request)
    return ReadContext(actor, edge.database.reader, edge.clock, edge.cursors, request.state.request_id)


def _write_context(request: Request, actor: Actor) -> Context:
    edge = edge_of(request)
    session, reader = request.state.session, request.state.session_reader
    return Context(actor, reader, edge.clock, edge.cursors, request.state.request_id, session)


def _api_read(request: Request, actor: Annotated[Actor, Depends(bearer_actor)]) -> ReadContext:
    return _read_context(request, actor)


async def _api_write(request: Request, actor: Annotated[Actor, Depends(bearer_actor)]) -> Context:
    context = _write_context(request, actor)
    if key := request.headers.get(idempotency.HEADER):
        request.state.idempotency = await idempotency.begin(context, request, key)
    return context


def _page_read(request: Request, actor: Annotated[Actor, Depends(session_actor)]) -> ReadContext:
    request.state.actor = actor
    return _read_context(request, actor)


async def _page_write(request: Request, actor: Annotated[Actor, Depends(session_actor)]) -> Context:
    await own_form_only(request)
    request.state.actor = actor
    return _write_context(request, actor)


ApiRead = Annotated[ReadContext, Depends(_api_read)]
ApiWrite = Annotated[Context, Depends(_api_write)]
PageRead = Annotated[ReadContext, Depends(_page_read)]
PageWrite = Annotated[Context, Depends(_page_write)]


class WriteRoute(APIRoute):
    """A route whose handler runs in one transaction, committed before the answer leaves.

    What raises is rolled back whole. A refusal that must leave a trace is returned, and commits.
    """

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()
        if not self.methods or self.methods <= {"GET", "HEAD", "OPTIONS"}:
            return handle

        async def in_transaction(request: Request) -> Response:
            async with edge_of(request).database.transaction() as session:
                request.state.session = session
                request.state.session_reader = SessionReader(session)
                request.state.idempotency = None
                try:
                    response = await handle(request)
                except idempotency.Replay as replay:
                    return replay.response
                if (pending := request.state.idempotency) and response.status_code < 400:
                    await idempotency.store(session, pending, response, edge_of(request).clock.now())
            return response

        return in_transaction
