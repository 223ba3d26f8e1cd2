"""What both communities are made of, so that a service's `app.py` says only what is its own."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, FastAPI
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from shared.db.engine import Database
from shared.db.migrations import require_head
from shared.kernel.clock import SystemClock
from shared.kernel.errors import Problem
from shared.kernel.paging import CursorCodec
from shared.oidc.client import RelyingParty
from shared.oidc.tokens import TokenVerifier
from shared.tools.people import api as people_api
from shared.tools.questions import api as questions_api
from shared.tools.search import api as search_api
from shared.tools.search import deps as search
from shared.tools.sign_in import pages as sign_in_pages
from shared.tools.sign_in.authenticator import Accounts, SignInPolicy
from shared.tools.sign_in.service import SignIn
from shared.tools.sign_in.tokens import Vault
from shared.tools.spaces import api as spaces_api
from shared.tools.spaces.service import SpacesPolicy
from shared.tools.topics import api as topics_api
from shared.tools.topics.catalog import Catalog
from shared.web.app import answers, make_app
from shared.web.edge import Edge
from shared.web.problems import ErrorPage
from shared.web.settings import PublicUrl, ServiceSettings, cookie_name
from shared.web.templates import Pages

Secret = Annotated[str, Field(min_length=32)]

API_ROUTERS: tuple[APIRouter, ...] = (
    people_api.router,
    spaces_api.router,
    topics_api.router,
    questions_api.router,
    search_api.router,
)
PAGE_ROUTERS: tuple[APIRouter, ...] = (sign_in_pages.router,)


class CommunitySettings(ServiceSettings):
    """What a community is told. Each service says under which variables."""

    public_url: PublicUrl
    database_url: str
    database_pool_size: int = 10
    secret_key: Secret
    client_secret: str
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


def relying_party(community: Community, http: httpx.AsyncClient) -> RelyingParty:
    settings = community.settings
    return RelyingParty(
        issuer=settings.identity_public_url,
        internal_url=settings.identity_internal_url,
        client_id=community.client_id,
        client_secret=settings.client_secret,
        redirect_uri=f"{settings.public_url}/sign-in/callback",
        http=http,
    )


def build(community: Community, *, http: httpx.AsyncClient | None = None) -> FastAPI:
    """The app of one community: its own routers after those that all share.

    `http` is how identity is asked; the app closes it.
    """
    settings = community.settings
    database = Database(settings.database_url, pool_size=settings.database_pool_size)
    clock, http = SystemClock(), http or httpx.AsyncClient(timeout=5)
    accounts = Accounts(
        database,
        clock,
        TokenVerifier(
            settings.identity_public_url,
            f"{settings.identity_internal_url}/.well-known/jwks.json",
            settings.public_url,
            http,
        ),
        relying_party(community, http),
        Vault(settings.secret_key),
        community.sign_in,
        cookie_name(community.service, settings.public_url),
    )

    async def open_resources(app: FastAPI) -> AsyncIterator[None]:
        await database.open()
        async with database.engine.connect() as connection:
            raw = await connection.get_raw_connection()
            await require_head(f"{community.service}_service", raw.driver_connection)
        yield
        await http.aclose()
        await database.close()

    app = make_app(
        title=settings.name,
        description=community.description,
        public_url=settings.public_url,
        open_resources=open_resources,
        ready=lambda: answers(database),
        error_page=_error_page(community.pages),
        form_action=f"'self' {settings.identity_public_url}",
    )
    app.state.edge = Edge(database, clock, CursorCodec(settings.secret_key), accounts)
    app.state.catalog = community.catalog
    search.prepare(app, community.catalog)
    app.state.spaces_policy = community.spaces
    app.state.sign_in = SignIn(accounts, settings.public_url)
    app.state.pages = community.pages
    if community.prepare:
        community.prepare(app)
    for router in (*API_ROUTERS, *community.api_routers):
        app.include_router(router, prefix="/api/v1")
    for router in (*PAGE_ROUTERS, *community.page_routers):
        app.include_router(router)
    return app


def _error_page(pages: Pages) -> ErrorPage:
    async def show(request: Request, problem: Problem, status: int) -> Response:
        actor = getattr(request.state, "actor", None)
        return pages.page(
            "error.html",
            status=status,
            viewer=actor if actor and actor.signed_in else None,
            status_code=status,
            title=problem.title,
            detail=problem.detail if problem.detail != problem.title else "",
            fields=[(f.pointer, f.detail) for f in problem.fields],
            request_id=getattr(request.state, "request_id", "-"),
        )

    return show


def folders(*packages: Any) -> dict[str, Path]:
    """The template folders of tool packages, by the tool's name."""
    found = {}
    for package in packages:
        here = Path(package.__path__[0])
        found[here.name] = here / "templates"
    return found
