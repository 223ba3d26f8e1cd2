"""`python -m customer_service bridge-consumer`: admitting a program to the bridge."""

import asyncio

import typer

from customer_service.settings import Settings
from customer_service.sharing.feed import register
from customer_service.sharing.names import AUDIENCES, PURPOSES
from shared.db.engine import Database
from shared.kernel.clock import SystemClock

WRONG = 2


def bridge_consumer(
    settings: Settings, client_id: str, *, name: str, purposes: list[str], audiences: list[str]
) -> None:
    """Registers a client of identity; known ones stay as they are. Exit status 2 for unknown words."""
    for given, known, what in ((purposes, PURPOSES, "purpose"), (audiences, AUDIENCES, "audience")):
        if unknown := sorted(set(given) - set(known)):
            typer.echo(f"Not a {what}: {', '.join(unknown)}. Choose from: {', '.join(known)}.", err=True)
            raise typer.Exit(WRONG)
    asyncio.run(_register(settings, client_id, name, purposes, audiences))
    typer.echo(f"{client_id} may call the bridge for {', '.join(purposes)}.")


async def _register(
    settings: Settings, client_id: str, name: str, purposes: list[str], audiences: list[str]
) -> None:
    database = Database(settings.database_url, pool_size=2)
    try:
        async with database.transaction() as session:
            await register(
                session,
                client_id=client_id,
                name=name,
                audiences=audiences,
                purposes=purposes,
                now=SystemClock().now(),
            )
    finally:
        await database.close()
