"""The identity service, put together."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import structlog
from fastapi import FastAPI
from starlette.routing import Router

from identity_service.admin import routes as admin
from identity_service.clients import service as clients
from identity_service.clients.keys import RemoteKeySets
from identity_service.clients.known import KnownClients
from identity_service.clients.told import ToldOfClients
from identity_service.device_flow import pages as device_flow
from identity_service.events import api as events
from identity_service.keys.service import KeyRing
from identity_service.limits.service import Limiter
from identity_service.mail import pages as mail_pages
from identity_service.outgoing import Outgoing
from identity_service.own import routes as own
from identity_service.passwords.service import Passwords
from identity_service.profile import pages as profile
from identity_service.protocol import api as protocol
from identity_service.protocol import origins
from identity_service.protocol.seen import SeenTokens
from identity_service.registration import api as client_registration
from identity_service.scim import on_demand as scim
from identity_service.sealing import Sealer
from identity_service.settings import Settings
from identity_service.sign_in import enrol_pages, registration, second_pages
from identity_service.sign_in import pages as sign_in
from identity_service.upstreams import pages as upstreams
from identity_service.upstreams import service as providers
from identity_service.upstreams.documents import Documents
from identity_service.upstreams.saml import pages as saml
from identity_service.upstreams.saml.equipment import Equipment
from identity_service.visit import Services
from identity_service.web import TEMPLATES, error_page, site
from shared.db.engine import NO_TIME_LIMITS, Database, TimeLimits
from shared.db.failures import is_away
from shared.db.revision import require_head
from shared.kernel.clock import Clock, SystemClock
from shared.web.app import answers, make_app, metrics_of
from shared.web.cors import Cors
from shared.web.parts_page import parts_router
from shared.web.settings import limits_of
from shared.web.templates import Pages

DESCRIPTION = "Who you are: accounts in two realms, sign-in, OAuth 2.1 and OpenID Connect."
TEMPLATE_FOLDERS = {
    name: Path(__file__).parent / name / "templates" for name in ("factors", "sign_in", "upstreams")
}
KEYS_READ_EVERY = 60
"""Seconds after which keys that another process made or retired are known here."""

log = structlog.get_logger("identity")


def make_services(
    settings: Settings, clock: Clock | None = None, *, time_limits: TimeLimits = NO_TIME_LIMITS
) -> Services:
    """What a process of identity works with; the database is opened by whoever runs it."""
    clock = clock or SystemClock()
    database = Database(settings.identity_database_url.get_secret_value(), time_limits=time_limits)
    sealer = Sealer(settings.identity_secret_key.get_secret_value())
    outgoing = Outgoing(settings.reachable_private_hosts)

    def seconds() -> float:
        return clock.now().timestamp()

    return Services(
        settings=settings,
        database=database,
        clock=clock,
        sealer=sealer,
        keys=KeyRing(sealer),
        passwords=Passwords(),
        limiter=Limiter(database, clock),
        outgoing=outgoing,
        clients=KnownClients(),
        told_of_clients=ToldOfClients(database),
        client_keys=RemoteKeySets(outgoing, seconds),
        upstream_documents=Documents(outgoing, seconds),
        saml=Equipment(seconds),
    )


def create_app(settings: Settings, *, clock: Clock | None = None) -> FastAPI:
    services = make_services(settings, clock, time_limits=settings.time_limits)

    async def open_resources(app: FastAPI) -> AsyncIterator[None]:
        try:
            await services.database.open()
            await prepare(services)
            async with _keys_kept_fresh(services):
                yield
        finally:
            services.passwords.close()
            services.saml.close()
            await services.outgoing.close()
            await services.database.close()

    app = make_app(
        title="Narrowbridge identity",
        description=DESCRIPTION,
        public_url=settings.identity_public_url,
        open_resources=open_resources,
        ready=lambda: answers(services.database),
        error_page=error_page,
        limits=limits_of(settings),
        metrics=metrics_of(services.database, token=settings.metrics_token.get_secret_value()),
        large_bodies={profile.UPLOAD_PATH: profile.MAX_UPLOAD},
        cors=Cors(origins.of_all_clients(services.database), paths=origins.READABLE, methods="GET, POST"),
    )
    own.catch(app)
    app.state.services = services
    app.state.published = {}
    app.state.seen_tokens = SeenTokens()
    app.state.pages = Pages(site(settings), TEMPLATE_FOLDERS, own=[TEMPLATES])
    # Flat: a router inside another is searched twice. Before those that every service has: each that is tried
    # costs its pattern, and these are asked for most.
    app.router.routes[:0] = [
        route for router in _routers(settings, app.state.pages) for route in router.routes
    ]
    return app


def _routers(settings: Settings, pages: Pages) -> Iterator[Router]:
    """In the order in which routes are tried: what is asked for most comes first."""
    yield from (protocol.router, events.router, client_registration.router, origins.router, scim.router)
    yield from (sign_in.router, registration.router, second_pages.router, enrol_pages.router)
    yield from (device_flow.router, upstreams.router, saml.router, *own.ROUTERS, *admin.ROUTERS)
    if settings.development:
        yield from (mail_pages.router, parts_router(pages, "identity"))


async def prepare(services: Services) -> None:
    """At each start: the schema is this code's, our own clients and the signing keys are there."""
    async with services.database.engine.connect() as connection:
        raw = await connection.get_raw_connection()
        await require_head("identity_service", raw.driver_connection)
    now = services.clock.now()
    async with services.database.transaction() as session:
        await clients.register_own(session, services.settings, now)
        await services.keys.load(session, now)
        await providers.tell_what_is_missing(session)


@contextlib.asynccontextmanager
async def _keys_kept_fresh(services: Services) -> AsyncIterator[None]:
    reading = asyncio.create_task(_keep_keys_fresh(services))
    try:
        yield
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def _keep_keys_fresh(services: Services) -> None:
    """Whatever goes wrong once may go well the next time: keys that are known stay good meanwhile."""
    while True:
        await asyncio.sleep(KEYS_READ_EVERY)
        try:
            async with services.database.transaction() as session:
                await services.keys.load(session, services.clock.now())
        except Exception as error:
            trace = None if is_away(error) else error
            log.warning("keys not read again", error=type(error).__name__, exc_info=trace)
