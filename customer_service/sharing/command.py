"""`python -m customer_service bridge-consumer`: admitting a program to the bridge."""

import asyncio
from collections.abc import Awaitable, Callable

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from customer_service.settings import Settings
from customer_service.sharing.feed import register, remove
from customer_service.sharing.names import AUDIENCES, PURPOSES
from shared.db.engine import Database
from shared.kernel.clock import SystemClock

WRONG = 2


def bridge_consumer(
    settings: Settings, client_id: str, *, name: str, purposes: list[str], audiences: list[str]
) -> None:
    """Registers a client of identity. Exit status 2 for unknown words, and when it is admitted already."""
    for given, known, what in ((purposes, PURPOSES, "purpose"), (audiences, AUDIENCES, "audience")):
        if unknown := sorted(set(given) - set(known)):
            typer.echo(f"Not a {what}: {', '.join(unknown)}. Choose from: {', '.join(known)}.", err=True)
            raise typer.Exit(WRONG)

    def admit(session: AsyncSession) -> Awaitable[bool]:
        now = SystemClock().now()
        return register(
            session, client_id=client_id, name=name, audiences=audiences, purposes=purposes, now=now
        )

    if not _changed(settings, admit):
        typer.echo(f"{client_id} is admitted already; nothing was changed. Remove it first.", err=True)
        raise typer.Exit(WRONG)
    typer.echo(f"{client_id} may call the bridge for {', '.join(purposes)}.")


def remove_bridge_consumer(settings: Settings, client_id: str) -> None:
    """Withdraws everything from a program. Exit status 2 when it is not admitted."""
    if not _changed(settings, lambda session: remove(session, client_id, now=SystemClock().now())):
        typer.echo(f"{client_id} is not admitted to the bridge.", err=True)
        raise typer.Exit(WRONG)
    typer.echo(f"{client_id} reads nothing over the bridge any more; it has a day to confirm its deletion.")


def _changed(settings: Settings, change: Callable[[AsyncSession], Awaitable[bool]]) -> bool:
    async def run() -> bool:
        database = Database(settings.database_url.get_secret_value(), pool_size=2)
        try:
            async with database.transaction() as session:
                return await change(session)
        finally:
            await database.close()

    return asyncio.run(run())
