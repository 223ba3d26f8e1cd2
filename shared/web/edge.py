"""The edge of a service: where a request becomes a context, and where its one transaction commits."""

from contextlib import AsyncExitStack
from typing import Annotated, Final, Protocol

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from shared.db.context import Context, ReadContext
from shared.db.engine import Database
from shared.db.query import writer_of
from shared.kernel.actor import GUEST, Actor
from shared.kernel.clock import Clock
from shared.kernel.errors import MissingScope, NotFound, Unauthenticated, invalid_field
from shared.kernel.paging import CursorCodec
from shared.oidc.dpop import Presented
from shared.web import idempotency
from shared.web.credentials import BEARER, credentials, presented
from shared.web.csrf import own_form_only
from shared.web.limits import Limits
from shared.web.routes import Handler, ReadRoute

API: Final = "/api/v1"
"""Where the API lives. Its routers carry the prefix themselves, so that their routes lie flat in the app:
a router included in another is searched twice for each request."""


class Authenticator(Protocol):
    """Who is asking. One of each per service, made in `app.py`."""

    async def by_bearer(self, token: str) -> Actor:
        """Raises `Unauthenticated` for a token that is not good here, or needs a proof."""
        ...

    async def by_proof(self, token: str, presented: Presented) -> Actor:
        """As `by_bearer`, for a token that is bound to a key which the request proves."""
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
    """The actor of an API call: from `Authorization` alone, never from a cookie."""
    header = request.headers.get("authorization")
    if header is None:
        _count(request, GUEST)
        return GUEST
    try:
        actor = await _by_header(request, header)
    except Unauthenticated:
        _count(request, GUEST)
        raise
    _count(request, actor)
    _require_scope(actor, "community:read" if request.method in ("GET", "HEAD") else "community:write")
    return actor


async def _by_header(request: Request, header: str) -> Actor:
    scheme, token = credentials(header)
    authenticator = edge_of(request).authenticator
    if scheme == BEARER:
        return await authenticator.by_bearer(token)
    return await authenticator.by_proof(token, presented(request))


def _require_scope(actor: Actor, scope: str) -> None:
    if actor.scopes is not None and scope not in actor.scopes:
        raise MissingScope(f"This call needs the scope {scope}", data={"scope": scope})


async def session_actor(request: Request) -> Actor:
    """The actor of a page: from the service's own session cookie, asked once per request."""
    known: Actor | None = getattr(request.state, "actor", None)
    if known is not None:
        return known
    actor = request.state.actor = await edge_of(request).authenticator.by_session(request)
    return actor


def _count(request: Request, actor: Actor) -> None:
    limits: Limits = request.app.state.limits
    limits.count(request.scope, actor)


def edge_of(request: Request) -> Edge:
    edge: Edge = request.app.state.edge
    return edge


def _refuse_nul(request: Request) -> None:
    """PostgreSQL holds no NUL: nothing is called by a name that has one."""
    if "\0" in request.scope["path"]:
        raise NotFound
    if b"%00" in request.scope["query_string"] or b"\0" in request.scope["query_string"]:
        for name, value in request.query_params.multi_items():
            if "\0" in value:
                raise invalid_field(f"/{name}", "request.nul_character", "There is a NUL character in it.")


def _read_context(request: Request, actor: Actor) -> ReadContext:
    _refuse_nul(request)
    edge = edge_of(request)
    return ReadContext(actor, edge.database.reader, edge.clock, edge.cursors, request.state.request_id)


async def _write_context(request: Request, actor: Actor) -> Context:
    """Begins the request's transaction: only now, so that nobody holds a connection while it is being
    found out who asks, which may need one itself."""
    _refuse_nul(request)
    edge = edge_of(request)
    stack: AsyncExitStack = request.state.transaction
    session = request.state.session = await stack.enter_async_context(edge.database.transaction())
    return Context(actor, writer_of(session), edge.clock, edge.cursors, request.state.request_id, session)


# Dependencies are coroutines that call one another: FastAPI would run a plain function in a thread, and each
# nested `Depends` costs as much as a good part of a query.


async def _api_read(request: Request) -> ReadContext:
    return _read_context(request, await bearer_actor(request))


async def _api_write(request: Request) -> Context:
    actor = await bearer_actor(request)
    key = request.headers.get(idempotency.HEADER)
    if key is not None:
        await request.body()  # all of it, before a connection is held: `begin` wants it where no model does
    context = await _write_context(request, actor)
    if key is not None:
        request.state.idempotency = await idempotency.begin(context, request, key)
    return context


async def _page_read(request: Request) -> ReadContext:
    actor = await session_actor(request)
    _count(request, actor)
    return _read_context(request, actor)


async def _page_write(request: Request) -> Context:
    await own_form_only(request)
    actor = await session_actor(request)
    _count(request, actor)
    await request.form()  # all of it, before a connection is held
    context = await _write_context(request, actor)
    request.state.idempotency = await idempotency.begin_form(context, request)
    return context


ApiRead = Annotated[ReadContext, Depends(_api_read)]
ApiWrite = Annotated[Context, Depends(_api_write)]
PageRead = Annotated[ReadContext, Depends(_page_read)]
PageWrite = Annotated[Context, Depends(_page_write)]


class WriteRoute(ReadRoute):
    """A route whose handler runs in one transaction, committed before the answer leaves.

    What raises is rolled back whole. A refusal that must leave a trace is returned, and commits.
    """

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()
        if self.reads:
            return handle

        async def in_transaction(request: Request) -> Response:
            async with AsyncExitStack() as stack:
                request.state.transaction = stack
                request.state.idempotency = None
                try:
                    response = await handle(request)
                except idempotency.Replay as replay:
                    return replay.response
                if (pending := request.state.idempotency) and pending.keeps(response):
                    now = edge_of(request).clock.now()
                    await idempotency.store(request.state.session, pending, response, now)
            return response

        return in_transaction
