"""`python -m identity_service registration-token`."""

import asyncio
from datetime import timedelta
from typing import Annotated

import typer

from identity_service import operators
from identity_service.registration import service
from identity_service.settings import Settings
from identity_service.web import REALMS
from shared.web.commands import settings_or_exit

commands = typer.Typer()


@commands.command("registration-token")
def registration_token(
    note: Annotated[str, typer.Option(help="For whom it is")],
    realm: Annotated[list[str], typer.Option(help="Whose people its clients may sign in")] = ["customer"],  # noqa: B006 # typer copies it
    uses: Annotated[int, typer.Option(help="How many clients; 0 for any number")] = 1,
    days: Annotated[int, typer.Option(min=1, max=365, help="How long it is good")] = 7,
) -> None:
    """Let somebody register clients by themselves; prints the token, which is shown only now."""
    if not realm or not set(realm) <= set(REALMS):
        typer.echo(f"A realm is one of {', '.join(REALMS)}.", err=True)
        raise typer.Exit(2)
    settings: Settings = settings_or_exit(Settings)
    typer.echo(asyncio.run(_open(settings, note, sorted(set(realm)), uses or None, timedelta(days=days))))


async def _open(settings: Settings, note: str, realms: list[str], uses: int | None, life: timedelta) -> str:
    async with operators.at_the_console(settings) as visit:
        return await service.open_door(visit, note=note, realms=realms, uses=uses, life=life)
