"""`python -m customer_service`: serve, worker, migrate, import-stackexchange, demo."""

import asyncio
import json
import sys
from typing import Annotated

import typer

from customer_service import demo
from customer_service.app import SPACES, create_app
from customer_service.settings import OwnerSettings, Settings
from customer_service.sharing import command as sharing_command
from customer_service.worker import work
from shared.db.engine import Database
from shared.tools.transfer.cli import Target, stackexchange_command
from shared.web.commands import database_or_exit, migrate_or_exit, run_worker, settings_or_exit
from shared.web.commands import serve as run_server

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on")] = 8002,
) -> None:
    """Answer requests."""
    settings: Settings = settings_or_exit(Settings)
    database_or_exit("customer_service", settings.database_url)
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
    database_or_exit("customer_service", settings.database_url)
    run_worker(lambda: work(settings), development=settings.development)


@app.command()
def migrate() -> None:
    """Bring the database to this code's schema."""
    settings: OwnerSettings = settings_or_exit(OwnerSettings)
    migrate_or_exit("customer_service", settings.owner_url)


@app.command("bridge-consumer")
def bridge_consumer(
    client_id: Annotated[str, typer.Argument(help="The program's client id at identity")],
    name: Annotated[str, typer.Option(help="What customers are told it is")],
    purpose: Annotated[list[str], typer.Option(help="For what it may read; may be given again")],
    audience: Annotated[list[str], typer.Option(help="What it belongs to")] = ["systems"],  # noqa: B006
) -> None:
    """Admit a program, such as a CRM, to the bridge."""
    settings: Settings = settings_or_exit(Settings)
    sharing_command.bridge_consumer(settings, client_id, name=name, purposes=purpose, audiences=audience)


@app.command("demo")
def load_demo() -> None:
    """Fill an empty community with demonstration content; standard input holds identity's accounts."""
    settings: Settings = settings_or_exit(Settings)
    written = asyncio.run(demo.load(settings, json.load(sys.stdin)))
    print("Demonstration content written." if written else "There is content already: nothing written.")


def _import_target() -> Target:
    settings: Settings = settings_or_exit(Settings)
    return Target("customer_service", Database(settings.database_url), SPACES)


app.command("import-stackexchange")(stackexchange_command(_import_target))


if __name__ == "__main__":
    app()
