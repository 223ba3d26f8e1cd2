"""`python -m customer_service.bridge`: serve."""

from typing import Annotated

import typer

from customer_service.bridge.app import create_app
from customer_service.bridge.settings import Settings
from shared.web.commands import reachable_or_exit, settings_or_exit
from shared.web.commands import serve as run_server

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def bridge() -> None:
    """The only door between the two communities."""


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on")] = 8003,
) -> None:
    """Answer requests."""
    settings: Settings = settings_or_exit(Settings)
    reachable_or_exit(settings.database_url.get_secret_value())
    run_server(
        lambda: create_app(settings),
        settings,
        host=host,
        port=port,
        stopping=lambda app: app.state.resources.bell.stop(),
    )


if __name__ == "__main__":
    app()
