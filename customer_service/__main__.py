"""`python -m customer_service`: serve, worker, migrate, demo, import-stackexchange, bridge-consumer,
bridge-consumer-remove."""

from typing import Annotated

import typer

from customer_service import demo
from customer_service.app import SPACES, create_app
from customer_service.settings import OwnerSettings, Settings
from customer_service.sharing import command as sharing_command
from customer_service.worker import work
from shared.tools.commands import community_commands
from shared.web.commands import Program, settings_or_exit

app = community_commands(
    Program(
        "customer_service",
        port=8002,
        settings=Settings,
        owner_settings=OwnerSettings,
        database_url=lambda settings: settings.database_url.get_secret_value(),
        owner_url=lambda settings: settings.owner_url.get_secret_value(),
        app=create_app,
        work=work,
    ),
    demo=demo.load,
    spaces=SPACES,
)


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


@app.command("bridge-consumer-remove")
def bridge_consumer_remove(
    client_id: Annotated[str, typer.Argument(help="The program's client id at identity")],
) -> None:
    """Take back what a program was admitted for; what it read is withdrawn from it."""
    settings: Settings = settings_or_exit(Settings)
    sharing_command.remove_bridge_consumer(settings, client_id)


if __name__ == "__main__":
    app()
