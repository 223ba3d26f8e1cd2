"""The bridge, put together."""

from collections.abc import AsyncIterator

import httpx
from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from customer_service.bridge import api, page
from customer_service.bridge.bell import Bell
from customer_service.bridge.gate import Gate, new_crossing_id
from customer_service.bridge.resources import Resources
from customer_service.bridge.settings import Settings
from customer_service.sharing.logs import CHANGES_CHANNEL
from shared.db.engine import Database
from shared.db.sequencer import NUMBERED
from shared.kernel.clock import SystemClock
from shared.kernel.paging import CursorCodec
from shared.oidc.tokens import TokenVerifier
from shared.web.app import answers, make_app, metrics_of
from shared.web.cors import Cors, Origins, from_identity
from shared.web.settings import limits_of
from shared.web.trace import traced

DESCRIPTION = "The only way between the two communities. What may cross is in the manifest."


class CrossingIds:
    """Every answer, a refusal too, carries the number under which both sides know it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["crossing_id"] = new_crossing_id()

        async def send_numbered(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Crossing-Id"] = state["crossing_id"]
                headers["Cache-Control"] = "no-store"
            await send(message)

        await self._app(scope, receive, send_numbered)


def create_app(settings: Settings) -> FastAPI:
    database = Database(
        settings.database_url.get_secret_value(),
        pool_size=settings.database_pool_size,
        time_limits=settings.time_limits,
    )
    clock, http = SystemClock(), traced(httpx.AsyncClient(timeout=5))
    jwks = f"{settings.identity_internal_url}/.well-known/jwks.json"
    verifier = TokenVerifier(settings.identity_public_url, jwks, settings.public_url, http)
    pages = from_identity(http, settings.identity_internal_url, audience=settings.public_url)
    bell = Bell(database.url, CHANGES_CHANNEL, NUMBERED)

    async def open_resources(app: FastAPI) -> AsyncIterator[None]:
        try:
            async with bell:
                yield
        finally:
            await http.aclose()
            await database.close()

    app = make_app(
        title="Bridge",
        description=DESCRIPTION,
        public_url=settings.public_url,
        open_resources=open_resources,
        ready=lambda: answers(database),
        limits=limits_of(settings),
        metrics=metrics_of(database, token=settings.metrics_token.get_secret_value()),
        cors=Cors(Origins(pages), prefixes=("/bridge/v1/",)),
    )
    app.add_middleware(CrossingIds)
    app.state.resources = Resources(
        settings=settings,
        gate=Gate(settings, database, verifier, clock),
        bell=bell,
        cursors=CursorCodec(settings.secret_key.get_secret_value()),
        clock=clock,
    )
    app.include_router(api.router)
    app.include_router(page.router)
    return app
