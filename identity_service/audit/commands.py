"""`python -m identity_service audit-verify`, `audit-export`."""

import asyncio
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from identity_service import operators
from identity_service.audit import reading, service
from identity_service.settings import Settings
from shared.kernel.chain import Head, Verdict
from shared.web.commands import settings_or_exit

commands = typer.Typer()


@commands.command("audit-verify")
def verify(
    known: Annotated[
        str, typer.Option(help="A head noted earlier, as NUMBER:HASH: the log must still hold it")
    ] = "",
) -> None:
    """Check that no row of the audit log was changed, removed or put in; name the first that was."""
    settings: Settings = settings_or_exit(Settings)
    verdict = asyncio.run(_verify(settings, _head(known)))
    if verdict.broken is not None:
        typer.echo(f"Row {verdict.broken.number} is wrong: {verdict.broken.reason}", err=True)
        raise typer.Exit(1)
    head = verdict.head
    typer.echo(f"The audit log is whole. Note its head and give it next time:\n{head.number}:{head.hash}")


@commands.command("audit-export")
def export(
    since: Annotated[datetime | None, typer.Option(help="From this moment on (UTC)")] = None,
    until: Annotated[datetime | None, typer.Option(help="Up to this moment, without it (UTC)")] = None,
) -> None:
    """Write the audit log to standard output, one JSON object per line, oldest first."""
    settings: Settings = settings_or_exit(Settings)
    asyncio.run(_export(settings, _utc(since), _utc(until)))


def _head(text: str) -> Head | None:
    if not text:
        return None
    number, _, digest = text.partition(":")
    if not number.isdecimal() or len(digest) != 64:
        typer.echo("--known must be NUMBER:HASH, as this command prints it", err=True)
        raise typer.Exit(2)
    return Head(int(number), digest)


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


async def _verify(settings: Settings, known: Head | None) -> Verdict:
    async with operators.at_the_console(settings) as visit:
        await service.number(visit.services.database)
        return await reading.check(visit.reader, known)


async def _export(settings: Settings, since: datetime | None, until: datetime | None) -> None:
    async with operators.at_the_console(settings) as visit:
        await service.number(visit.services.database)
        async for rows in reading.batches(visit.reader, since=since, until=until):
            for row in rows:
                sys.stdout.buffer.write(reading.line(row))
        service.record(visit.session, "audit.exported", at=visit.now, address=visit.address)
    sys.stdout.flush()
