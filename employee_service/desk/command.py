"""`python -m employee_service bridge-reconcile`."""

import asyncio

import httpx
import typer

from employee_service.desk.deps import make_gateway, service_party
from employee_service.desk.reconcile import Reconciliation, Report
from employee_service.settings import Settings
from shared.bridge.errors import BridgeError
from shared.db.engine import Database
from shared.kernel.clock import SystemClock
from shared.oidc.errors import OidcError

DIFFERS, CANNOT_COMPARE = 1, 2


def bridge_reconcile(settings: Settings) -> None:
    """Prints the verdict. Exit status 1 when the books contradict each other, 2 when they cannot be read."""
    try:
        report = asyncio.run(_compare(settings))
    except (BridgeError, OidcError) as error:
        typer.echo(f"The books cannot be compared now: {type(error).__name__}: {error}", err=True)
        raise typer.Exit(CANNOT_COMPARE) from None
    for line in report.lines:
        typer.echo(line)
    if report.differs:
        raise typer.Exit(DIFFERS)


async def _compare(settings: Settings) -> Report:
    database, clock = Database(settings.database_url.get_secret_value(), pool_size=2), SystemClock()
    async with httpx.AsyncClient(timeout=5) as http:
        gateway = make_gateway(settings, database, clock, service_party(settings, http))
        try:
            return await Reconciliation(database, clock, gateway).run()
        finally:
            await gateway.close()
            await database.close()
