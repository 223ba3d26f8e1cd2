"""What both communities are made of, so that a service's `app.py` says only what is its own."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from pydantic import SecretStr
from starlette.routing import BaseRoute

from shared.db.engine import Database
from shared.db.revision import require_head
from shared.jobs.worker import Job
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.paging import CursorCodec
from shared.oidc.client import RelyingParty
from shared.oidc.security_events import SecurityEvents
from shared.oidc.tokens import TokenVerifier
from shared.tools import people, search, sign_in, spaces, topics
from shared.tools.people import api as people_api
from shared.tools.people import pages as people_pages
from shared.tools.questions import api as questions_api
from shared.tools.questions import pages as questions_pages
from shared.tools.search import api as search_api
from shared.tools.search import deps as search_deps
from shared.tools.search import pages as search_pages
from shared.tools.sign_in import pages as sign_in_pages
from shared.tools.sign_in.authenticator import Accounts, SignInPolicy
from shared.tools.sign_in.jobs import EventListening, silence
from shared.tools.sign_in.service import SignIn
from shared.tools.sign_in.tokens import Vault
from shared.tools.spaces import api as spaces_api
from shared.tools.spaces import pages as spaces_pages
from shared.tools.spaces.audience import scope_of
from shared.tools.spaces.navigation import Navigation
from shared.tools.spaces.service import SpacesPolicy
from shared.tools.topics import api as topics_api
from shared.tools.topics import pages as topics_pages
from shared.tools.topics.addresses import GLOBALS
from shared.tools.topics.catalog import Catalog
from shared.tools.topics.drawing import PostDrawing
from shared.tools.topics.frame import CommunityFrame
from shared.tools.topics.refusals import RefusalPages, members_only
from shared.web.app import answers, make_app, metrics_of
from shared.web.cors import Cors, Origins, from_identity
from shared.web.edge import API, Edge
from shared.web.metrics import Metrics
from shared.web.page import ShowAgain, show_again
from shared.web.parts_page import parts_router
from shared.web.proofs import StoredProofs
from shared.web.settings import LongSecret, PublicUrl, ServiceSettings, cookie_name, limits_of
from shared.web.templates import Pages
from shared.web.trace import traced

API_ROUTERS: tuple[APIRouter, ...] = (
    topics_api.router,
    questions_api.router,
    search_api.router,
    spaces_api.router,
    people_api.router,
)
"""In the order in which routes are tried: what is asked for most comes first."""
PAGE_ROUTERS: tuple[APIRouter, ...] = (
    *topics_pages.ROUTERS,
    questions_pages.router,
    search_pages.router,
    people_pages.router,
    spaces_pages.router,
)
"""Closed to guests where the community is; signing in itself never is."""


class CommunitySettings(ServiceSettings):
    """What a community is told. Each service says under which variables."""

    public_url: PublicUrl
    database_url: SecretStr
    database_pool_size: int = 10
    secret_key: LongSecret
    client_secret: SecretStr
    name: str


@dataclass(frozen=True, slots=True)
class Community:
    """One community, as its `app.py` puts it together."""

    service: str
    client_id: str
    description: str
    settings: CommunitySettings
    catalog: Catalog
    spaces: SpacesPolicy
    sign_in: SignInPolicy
    pages: Pages
    api_routers: tuple[APIRouter, ...] = ()
    page_routers: tuple[APIRouter, ...] = ()
    prepare: Callable[[FastAPI], None] | None = None
    close: Callable[[FastAPI], Awaitable[None]] | None = None
    """Lets go of what `prepare` opened, when the app ends."""


def relying_party(community: Community, http: httpx.AsyncClient) -> RelyingParty:
    settings = community.settings
    return RelyingParty(
        issuer=settings.identity_public_url,
        internal_url=settings.identity_internal_url,
        client_id=community.client_id,
        client_secret=settings.client_secret.get_secret_value(),
        redirect_uri=f"{settings.public_url}/sign-in/callback",
        http=http,
    )


def _verifier(settings: CommunitySettings, http: httpx.AsyncClient, database: Database) -> TokenVerifier:
    keys = f"{settings.identity_internal_url}/.well-known/jwks.json"
    return TokenVerifier(
        settings.identity_public_url, keys, settings.public_url, http, proofs=StoredProofs(database)
    )


def event_listening(
    settings: CommunitySettings, client_id: str, database: Database, clock: Clock, http: httpx.AsyncClient
) -> Job:
    """The worker's job that hears from identity whose sessions are over."""
    events = SecurityEvents(
        issuer=settings.identity_public_url,
        internal_url=settings.identity_internal_url,
        client_id=client_id,
        client_secret=settings.client_secret.get_secret_value(),
        http=http,
    )
    return EventListening(database, clock, events).job()


def build(community: Community, *, http: httpx.AsyncClient | None = None) -> FastAPI:
    """The app of one community: its own routers after those that all share.

    `http` is how identity is asked; the app closes it.
    """
    settings = community.settings
    database = Database(
        settings.database_url.get_secret_value(),
        pool_size=settings.database_pool_size,
        time_limits=settings.time_limits,
    )
    clock, http = SystemClock(), traced(http or httpx.AsyncClient(timeout=5))
    accounts = Accounts(
        database,
        clock,
        _verifier(settings, http, database),
        relying_party(community, http),
        Vault(settings.secret_key.get_secret_value()),
        community.sign_in,
        cookie_name(community.service, settings.public_url),
    )

    closed = not community.spaces.anonymous_reading

    async def open_resources(app: FastAPI) -> AsyncIterator[None]:
        try:
            await database.open()
            async with database.engine.connect() as connection:
                raw = await connection.get_raw_connection()
                await require_head(f"{community.service}_service", raw.driver_connection)
            yield
        finally:
            if community.close:
                await community.close(app)
            await http.aclose()
            await database.close()

    app = make_app(
        title=settings.name,
        description=community.description,
        public_url=settings.public_url,
        open_resources=open_resources,
        ready=lambda: answers(database),
        error_page=RefusalPages(community.pages, closed=closed),
        form_action=f"'self' {settings.identity_public_url}",
        limits=limits_of(settings),
        metrics=_metrics(settings, database, clock),
        cors=Cors(_registered_origins(community, http), prefixes=(f"{API}/",)),
    )
    app.state.edge = Edge(database, clock, CursorCodec(settings.secret_key.get_secret_value()), accounts)
    app.state.catalog = community.catalog
    search_deps.prepare(app, community.catalog)
    app.state.spaces_policy = community.spaces
    app.state.sign_in = SignIn(accounts, settings.public_url)
    _prepare_pages(app, community)
    if community.prepare:
        community.prepare(app)
    app.router.routes[:0] = _routes(community, closed=closed)
    return app


def _metrics(settings: CommunitySettings, database: Database, clock: Clock) -> Metrics:
    token = settings.metrics_token.get_secret_value()
    return metrics_of(database, token=token, outbox=True, more=lambda: silence(database, clock))


def _routes(community: Community, *, closed: bool) -> Iterator[BaseRoute]:
    """They lie flat in the app and come first there: a router included in another is searched twice."""
    for router in (*API_ROUTERS, *community.api_routers, sign_in_pages.router):
        yield from router.routes
    for router in (*PAGE_ROUTERS, *community.page_routers):
        yield from map(_gated, router.routes) if closed else router.routes
    if community.settings.development:
        yield from parts_router(community.pages, community.pages.site["theme"]).routes


@cache
def _gated(route: BaseRoute) -> BaseRoute:
    """The same page, for members only."""
    assert isinstance(route, APIRoute)
    return type(route)(
        route.path,
        route.endpoint,
        methods=route.methods,
        dependencies=[Depends(members_only), *route.dependencies],
        include_in_schema=False,
    )


def _registered_origins(community: Community, http: httpx.AsyncClient) -> Origins:
    settings = community.settings
    return Origins(
        from_identity(
            http,
            settings.identity_internal_url,
            audience=settings.public_url,
            client=(community.client_id, settings.client_secret.get_secret_value()),
        )
    )


def _prepare_pages(app: FastAPI, community: Community) -> None:
    """What pages need beyond what the API needs: the frame around them, and the addresses in templates."""
    navigation = Navigation()
    environment = community.pages.environment
    drawing = PostDrawing(environment, community.catalog)
    environment.globals.update(
        GLOBALS, audience_scope=scope_of, full_post=drawing.post, comment_list=drawing.comments
    )
    app.state.pages = community.pages
    app.state.navigation = navigation
    app.state.frame = CommunityFrame(community.pages.site, navigation, community.catalog)
    app.add_exception_handler(ShowAgain, show_again)


def folders(*packages: Any) -> dict[str, Path]:
    """The template folders by the tool's name: of the tools both communities share, and of `packages`."""
    found = {}
    for package in (people, search, sign_in, spaces, topics, *packages):
        here = Path(package.__path__[0])
        found[here.name] = here / "templates"
    return found
