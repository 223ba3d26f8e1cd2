"""What `app.py` and the worker give to the desk."""

from typing import Final

import httpx
from fastapi import FastAPI
from starlette.requests import Request

from employee_service.desk.gateway import BridgeGateway, signing_key
from employee_service.settings import Settings
from shared.bridge.client import BridgeClient
from shared.bridge.inner import endings_of
from shared.db.engine import Database
from shared.kernel.clock import Clock
from shared.oidc.client import RelyingParty
from shared.web.trace import pass_on

CLIENT_ID: Final = "employee-community"


def make_gateway(
    settings: Settings,
    database: Database,
    clock: Clock,
    relying_party: RelyingParty,
    transport: httpx.AsyncBaseTransport | None = None,
) -> BridgeGateway:
    return BridgeGateway(
        database,
        clock,
        relying_party,
        BridgeClient(
            settings.bridge_internal_url or settings.bridge_public_url, transport=transport, before=pass_on
        ),
        audience=settings.bridge_public_url,
        signing_key=signing_key(settings.signing_key.get_secret_value()),
    )


async def internal_endings(request: Request) -> tuple[str, ...]:
    """Endings of host names that no official answer may name."""
    endings: tuple[str, ...] = request.app.state.internal_endings
    return endings


async def gateway_of(request: Request) -> BridgeGateway:
    gateway: BridgeGateway = request.app.state.desk_gateway
    return gateway


async def bearer_token(request: Request) -> str | None:
    """The token of this API call, to be exchanged for the bridge."""
    return request.headers.get("authorization", "").partition(" ")[2].strip() or None


async def session_token(request: Request) -> str | None:
    """The access token behind this browser session, to be exchanged for the bridge."""
    token: str | None = await request.app.state.sign_in.accounts.access_token(request)
    return token


def install(app: FastAPI, settings: Settings, transport: httpx.AsyncBaseTransport | None) -> None:
    """Makes the desk's gateway from what the app stands on."""
    edge = app.state.edge
    app.state.internal_endings = endings_of(settings.internal_domains)
    party = app.state.sign_in.accounts.relying_party
    app.state.desk_gateway = make_gateway(settings, edge.database, edge.clock, party, transport)


async def close(app: FastAPI) -> None:
    gateway: BridgeGateway = app.state.desk_gateway
    await gateway.close()


def service_party(settings: Settings, http: httpx.AsyncClient) -> RelyingParty:
    """This service as a client of identity, for the worker, which signs nobody in."""
    return RelyingParty(
        issuer=settings.identity_public_url,
        internal_url=settings.identity_internal_url,
        client_id=CLIENT_ID,
        client_secret=settings.client_secret.get_secret_value(),
        redirect_uri=f"{settings.public_url}/sign-in/callback",
        http=http,
    )
