"""The commands every service has: serve, worker, migrate."""

import asyncio
import contextlib
import gc
import os
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, Generic, NoReturn, TypeVar

import asyncpg
import typer
import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from shared.db.revision import WrongSchema, require_head
from shared.web.logs import set_up_logs
from shared.web.settings import ServiceSettings

STARTUP_FAILED = 3
CONNECT_WITHIN = 10.0
"""Seconds a database has to take a connection at start."""

Told = TypeVar("Told", bound=ServiceSettings)


@dataclass(frozen=True, slots=True)
class Program(Generic[Told]):
    """A service as commands need it. `name` is its package; `database_url` and `owner_url` find the address
    in its settings and in those of migrations.
    """

    name: str
    port: int
    settings: Callable[[], Told]
    owner_settings: Callable[[], Any]
    database_url: Callable[[Told], str]
    owner_url: Callable[[Any], str]
    app: Callable[[Told], FastAPI]
    work: Callable[[Told], Coroutine[Any, Any, None]]

    def ready_settings(self) -> Told:
        """Settings that name a database at this code's schema; else one clear line and an exit."""
        settings: Told = settings_or_exit(self.settings)
        database_or_exit(self.name, self.database_url(settings))
        return settings


def commands_of(program: Program[Told]) -> typer.Typer:
    """What `python -m` takes; a service adds its own."""
    commands = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

    @commands.command("serve")
    def serve_it(
        host: Annotated[str, typer.Option(help="Address to listen on")] = "127.0.0.1",
        port: Annotated[int, typer.Option(help="Port to listen on")] = program.port,
    ) -> None:
        """Answer requests."""
        settings = program.ready_settings()
        serve(lambda: program.app(settings), settings, host=host, port=port)

    @commands.command()
    def worker() -> None:
        """Do what must happen after a request: deliver, number, clean up."""
        settings = program.ready_settings()
        set_up_logs(development=settings.development)
        asyncio.run(program.work(settings))
        sys.stderr.flush()
        os._exit(0)  # all is done; tidying the interpreter takes half a second of a processor

    @commands.command()
    def migrate() -> None:
        """Bring the database to this code's schema."""
        migrate_or_exit(program.name, program.owner_url(settings_or_exit(program.owner_settings)))

    return commands


def settings_or_exit(settings_class: Callable[[], Any]) -> Any:
    """The settings, or one clear line for each variable that is missing or wrong, and exit status 2."""
    try:
        return settings_class()
    except ValidationError as error:
        for e in error.errors():
            print(f"{'.'.join(str(p) for p in e['loc']).upper()}: {e['msg']}", file=sys.stderr)  # noqa: T201
        raise typer.Exit(2) from None


def database_or_exit(service: str, url: str) -> None:
    """One clear line and exit status 1 unless the database answers and stands at this code's schema."""
    asyncio.run(_check(url, lambda connection: require_head(service, connection)))


def reachable_or_exit(url: str) -> None:
    """The same, whatever the schema: for migrations, and for roles that may not see it."""
    asyncio.run(_check(url))


def migrate_or_exit(service: str, owner_url: str) -> None:
    """Brings the database to this code's schema, or says in one line why not."""
    from shared.db.migrations import upgrade  # allowed: late import, because what serves never migrates

    reachable_or_exit(owner_url)
    try:
        upgrade(service, owner_url)
    except WrongSchema as error:
        _exit(str(error))
    except DBAPIError as error:
        _exit(f"The database of {service} cannot be migrated: {str(error.orig).splitlines()[0]}")


async def _check(url: str, more: Callable[[asyncpg.Connection], Awaitable[None]] | None = None) -> None:
    try:
        plain = make_url(url).set(drivername="postgresql")
    except ArgumentError:
        _exit("A database's address is like postgresql://user:password@host:5432/name")
    where = f"{plain.host or 'localhost'}:{plain.port or 5432}/{plain.database}"
    try:
        connection = await asyncpg.connect(
            plain.render_as_string(hide_password=False), timeout=CONNECT_WITHIN
        )
        try:
            if more:
                await more(connection)
        finally:
            await connection.close()
    except WrongSchema as error:
        _exit(str(error))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        _exit(f"The database at {where} does not answer: {error or type(error).__name__}")


def _exit(line: str) -> NoReturn:
    print(line, file=sys.stderr)  # noqa: T201
    raise typer.Exit(1)


class _Server(uvicorn.Server):
    """Tells the app when it begins to stop: requests that wait for news then answer at once."""

    def __init__(self, config: uvicorn.Config, stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._stopping = stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.freeze()  # what is there now stays: the collector need not look at it again

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stopping()
        await super().shutdown(sockets)


def server_config(
    make: Callable[[], FastAPI], settings: ServiceSettings, *, host: str, port: int
) -> uvicorn.Config:
    """How the server runs. Who counts as the caller behind a proxy is decided here, for everybody."""
    return uvicorn.Config(
        make,
        factory=True,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=2,
        ssl_certfile=settings.tls_certificate_file or None,
        ssl_keyfile=settings.tls_key_file or None,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
    )


def serve(
    make: Callable[[], FastAPI],
    settings: ServiceSettings,
    *,
    host: str,
    port: int,
    stopping: Callable[[FastAPI], None] | None = None,
) -> None:
    """Runs the app until told to stop; open requests get 2 s, and `stopping` lets go those that wait."""
    set_up_logs(development=settings.development)
    made: list[FastAPI] = []

    def make_once() -> FastAPI:
        made.append(make())
        return made[-1]

    def let_go() -> None:
        if stopping is not None:
            stopping(made[-1])

    server = _Server(server_config(make_once, settings, host=host, port=port), let_go)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILED)
