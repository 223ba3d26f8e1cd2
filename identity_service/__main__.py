"""`python -m identity_service`: serve, worker, migrate, bootstrap, demo, admin."""

import asyncio
import json
import sys
from typing import Annotated, Any

import typer

from identity_service import operators
from identity_service.app import create_app
from identity_service.settings import OwnerSettings, Settings
from identity_service.worker import work
from shared.db.bootstrap import NeedsAdministrator, Target
from shared.db.bootstrap import bootstrap as make_databases
from shared.kernel.errors import Problem
from shared.web.commands import database_or_exit, migrate_or_exit, run_worker, settings_or_exit
from shared.web.commands import serve as run_server

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on")] = 8000,
) -> None:
    """Answer requests."""
    settings: Settings = settings_or_exit(Settings)
    database_or_exit("identity_service", settings.identity_database_url)
    run_server(
        lambda: create_app(settings),
        host=host,
        port=port,
        development=settings.development,
        trusted_proxies=settings.trusted_proxies,
    )


@app.command()
def worker() -> None:
    """Do what must happen after a request: send mail, clean up."""
    settings: Settings = settings_or_exit(Settings)
    database_or_exit("identity_service", settings.identity_database_url)
    run_worker(lambda: work(settings), development=settings.development)


@app.command()
def migrate() -> None:
    """Bring the database to this code's schema."""
    settings: OwnerSettings = settings_or_exit(OwnerSettings)
    migrate_or_exit("identity_service", settings.identity_database_owner_url)


@app.command()
def bootstrap(
    admin_url: Annotated[str, typer.Option(help="Address of a role that may make roles and databases")],
) -> None:
    """Make the database and its roles, as the settings name them."""
    settings: OwnerSettings = settings_or_exit(OwnerSettings)
    target = Target(settings.identity_database_owner_url, settings.identity_database_url)
    try:
        asyncio.run(make_databases(admin_url, [target]))
    except NeedsAdministrator as refusal:
        print(refusal, file=sys.stderr)
        print(refusal.script, end="")
        raise typer.Exit(2) from None


@app.command()
def demo() -> None:
    """Make the accounts that standard input describes (JSON) and print them with their `sub`."""
    settings: Settings = settings_or_exit(Settings)
    document: Any = json.load(sys.stdin)
    print(json.dumps(asyncio.run(operators.load_demo(settings, document))))


@app.command()
def admin(
    email: Annotated[str, typer.Option(help="E-mail address of the administrator")],
    name: Annotated[str, typer.Option(help="Name, for a new account")] = "",
) -> None:
    """Make a staff account an administrator and print a one-time link to set its password."""
    settings: Settings = settings_or_exit(Settings)
    try:
        link = asyncio.run(operators.make_admin(settings, email=email, name=name))
    except Problem as problem:
        print(problem.detail, file=sys.stderr)
        raise typer.Exit(2) from None
    print(f"Open this link within an hour; it works once:\n{link}")


@app.command()
def origins(
    client_id: Annotated[str, typer.Argument(help="Which client")],
    origin: Annotated[
        list[str] | None, typer.Argument(help="All of them, such as https://app.example.com")
    ] = None,
) -> None:
    """Say from which web pages a client's tokens may be used (CORS); none for no page."""
    settings: Settings = settings_or_exit(Settings)
    try:
        asyncio.run(operators.set_origins(settings, client_id, origin or []))
    except Problem as problem:
        print(problem.detail, file=sys.stderr)
        raise typer.Exit(2) from None


if __name__ == "__main__":
    app()
