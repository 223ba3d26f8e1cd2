"""`python -m identity_service apply` and `export`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from identity_service import operators
from identity_service.configuration import service
from identity_service.configuration.schemas import Document
from identity_service.settings import Settings
from shared.kernel.errors import Problem
from shared.web.commands import settings_or_exit

commands = typer.Typer()


@commands.command()
def apply(
    file: Annotated[Path, typer.Argument(help="A YAML or JSON file of clients, roles, people")],
    yes: Annotated[bool, typer.Option(help="Do not ask")] = False,
) -> None:
    """Show what a file would change, ask, and change it: all of it or nothing."""
    settings: Settings = settings_or_exit(Settings)
    try:
        document = service.read(file.read_text("utf-8"))
        lines = asyncio.run(_planned(settings, document))
    except (Problem, OSError, UnicodeDecodeError) as error:
        raise _refused(error) from None
    if not lines:
        typer.echo("Nothing to change.")
        return
    typer.echo("\n".join(lines))
    if not yes and not typer.confirm("Change this?"):
        raise typer.Exit(1)
    try:
        said = asyncio.run(_applied(settings, document))
    except Problem as problem:
        raise _refused(problem) from None
    typer.echo("\n".join(["Done.", *said]))


@commands.command()
def export() -> None:
    """Print a file that describes clients, roles, organisations and people, without secrets."""
    settings: Settings = settings_or_exit(Settings)
    typer.echo(asyncio.run(_exported(settings)), nl=False)


async def _planned(settings: Settings, document: Document) -> list[str]:
    async with operators.at_the_console(settings) as visit:
        return [line for change in await service.plan(visit, document) for line in change.lines()]


async def _applied(settings: Settings, document: Document) -> list[str]:
    async with operators.at_the_console(settings) as visit:
        return await service.apply(visit, await service.plan(visit, document))


async def _exported(settings: Settings) -> str:
    async with operators.at_the_console(settings) as visit:
        return await service.export(visit)


def _refused(error: Exception) -> typer.Exit:
    typer.echo(error.detail if isinstance(error, Problem) else error, err=True)
    return typer.Exit(2)
