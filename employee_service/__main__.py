"""`python -m employee_service`: serve, worker, migrate, import-stackexchange, demo."""

import asyncio
import json
import sys
from typing import Annotated

import typer

from employee_service import demo
from employee_service.app import SPACES, create_app
from employee_service.desk import command as desk_command
from employee_service.settings import OwnerSettings, Settings
from employee_service.worker import work
from shared.db.engine import Database
from shared.tools.transfer.cli import Target, stackexchange_command
from shared.web.commands import database_or_exit, migrate_or_exit, run_worker, settings_or_exit
from shared.web.commands import serve as run_server

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on")] = 8001,
) -> None:
    """Answer requests."""
    settings: Settings = settings_or_exit(Settings)
    database_or_exit("employee_service", settings.database_url)
    run_server(
        lambda: create_app(settings),
        host=host,
        port=port,
        development=settings.development,
        trusted_proxies=settings.trusted_proxies,
    )


@app.command()
def worker() -> None:
    """Do what must happen after a request: deliver, number, clean up."""
    settings: Settings = settings_or_exit(Settings)
    database_or_exit("employee_service", settings.database_url)
    run_worker(lambda: work(settings), development=settings.development)


@app.command()
def migrate() -> None:
    """Bring the database to this code's schema."""
    settings: OwnerSettings = settings_or_exit(OwnerSettings)
    migrate_or_exit("employee_service", settings.owner_url)


@app.command("bridge-reconcile")
def bridge_reconcile() -> None:
    """Compare this side's ledger of the bridge with the other's."""
    desk_command.bridge_reconcile(settings_or_exit(Settings))


@app.command("demo")
def load_demo() -> None:
    """Fill an empty community with demonstration content; standard input holds identity's accounts."""
    settings: Settings = settings_or_exit(Settings)
    written = asyncio.run(demo.load(settings, json.load(sys.stdin)))
    print("Demonstration content written." if written else "There is content already: nothing written.")


def _import_target() -> Target:
    settings: Settings = settings_or_exit(Settings)
    return Target("employee_service", Database(settings.database_url), SPACES)


app.command("import-stackexchange")(stackexchange_command(_import_target))


if __name__ == "__main__":
    app()
