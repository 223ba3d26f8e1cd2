"""`python -m identity_service keys-rotate`."""

import asyncio
from typing import Annotated

import typer

from identity_service import operators
from identity_service.audit import service as audit
from identity_service.settings import Settings
from shared.web.commands import settings_or_exit

commands = typer.Typer()


@commands.command("keys-rotate")
def rotate(
    at_once: Annotated[
        bool, typer.Option(help="The old keys are known to others: believe nothing they signed any more")
    ] = False,
) -> None:
    """Make new signing keys; the old ones stay published until what they signed has ended."""
    settings: Settings = settings_or_exit(Settings)
    asyncio.run(_rotate(settings, at_once=at_once))
    typer.echo(
        "New keys sign now. Everybody has to sign in again within ten minutes."
        if at_once
        else "New keys are published and sign in five minutes; the old ones are believed for an hour more."
    )


async def _rotate(settings: Settings, *, at_once: bool) -> None:
    async with operators.at_the_console(settings) as visit:
        await visit.services.keys.rotate(visit.session, visit.now, at_once=at_once)
        audit.record(visit.session, "keys.rotated", at=visit.now, address=visit.address, at_once=at_once)
