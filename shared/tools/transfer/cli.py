"""The command `import-stackexchange`, which a service adds to its own."""

import asyncio
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from sqlalchemy.exc import SQLAlchemyError

from shared.db.context import Context
from shared.db.engine import Database
from shared.db.query import writer_of
from shared.db.revision import WrongSchema, require_head
from shared.kernel.clock import SystemClock
from shared.kernel.errors import Problem
from shared.kernel.paging import CursorCodec
from shared.kernel.text import clean_line, slugify
from shared.tools.spaces.service import SpacesPolicy
from shared.tools.transfer.report import ImportReport
from shared.tools.transfer.service import OPERATOR, ImportService, SpaceWanted
from shared.tools.transfer.stackexchange.archive import Dump, DumpFile, open_dump
from shared.tools.transfer.stackexchange.errors import DumpError
from shared.tools.transfer.stackexchange.validate import ValidatedDump, validate

_WRITTEN = (
    DumpFile.USERS,
    DumpFile.POST_HISTORY,
    DumpFile.POSTS,
    DumpFile.POSTS,  # questions, then answers
    DumpFile.TAGS,
    DumpFile.COMMENTS,
    DumpFile.POST_LINKS,
)
"""What is read while writing, as often as it is read."""


@dataclass(frozen=True, slots=True)
class Target:
    """The community an import goes to. `service` is the package whose migrations its database follows."""

    service: str
    database: Database
    policy: SpacesPolicy


def stackexchange_command(target: Callable[[], Target]) -> Callable[..., None]:
    """`app.command("import-stackexchange")(stackexchange_command(…))` in a service's `__main__`."""

    def import_stackexchange(
        dump: Annotated[Path, typer.Argument(help="Folder or .tar.xz with the eight XML files")],
        space: Annotated[str, typer.Option(help="Short name of the space; made when it is not there")],
        site: Annotated[str, typer.Option(help="Host the content came from, for its source links")] = "",
        as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON")] = False,
    ) -> None:
        """Import a Stack Exchange dump; a second time changes nothing."""
        try:
            report = asyncio.run(_run(target(), dump, _space(space), site or None))
        except (DumpError, WrongSchema) as error:
            raise _refused(str(error)) from None
        except Problem as error:
            raise _refused(f"{error.title}: {error.detail}") from None
        except (OSError, SQLAlchemyError) as error:
            raise _refused(f"The database gave up and nothing was written: {_reason(error)}") from error
        _print(report, as_json=as_json)

    return import_stackexchange


async def _run(target: Target, path: Path, space: SpaceWanted, site: str | None) -> ImportReport:
    columns = (TextColumn("{task.description:9}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=Console(stderr=True)) as progress, open_dump(path) as dump:
            return await _write(target, _check(dump, site, progress), space, progress)
    finally:
        await target.database.close()


def _check(dump: Dump, site: str | None, progress: Progress) -> ValidatedDump:
    task = progress.add_task("Checking", total=sum(dump.size(file) for file in DumpFile))
    return validate(dump, site=site, advance=lambda _file, size: progress.advance(task, size))


async def _write(
    target: Target, valid: ValidatedDump, space: SpaceWanted, progress: Progress
) -> ImportReport:
    task = progress.add_task("Writing", total=sum(valid.dump.size(file) for file in _WRITTEN))
    async with target.database.transaction() as session:
        connection = await (await session.connection()).get_raw_connection()
        await require_head(target.service, connection.driver_connection)
        cursors = CursorCodec(secrets.token_urlsafe())
        ctx = Context(OPERATOR, writer_of(session), SystemClock(), cursors, session=session)
        service = ImportService(ctx, target.policy)
        return await service.import_stackexchange(
            valid, space, advance=lambda size: progress.advance(task, size)
        )


def _space(given: str) -> SpaceWanted:
    """`home-office` is called `Home office`; anything else keeps its spelling as the name."""
    slug = slugify(given, limit=60)
    name = slug.replace("-", " ").capitalize() if given == slug else clean_line(given)[:100]
    return SpaceWanted(slug, name, goal="Questions and answers brought here from another community.")


def _reason(error: BaseException) -> str:
    """The first line of what is told about an error; of a bare one, that of its cause."""
    told = str(error) or str(error.__cause__ or "") or type(error).__name__
    return told.splitlines()[0]


def _refused(reason: str) -> typer.Exit:
    Console(stderr=True).print(reason, style="red", markup=False, highlight=False, soft_wrap=True)
    return typer.Exit(1)


def _print(report: ImportReport, *, as_json: bool) -> None:
    console = Console()
    if as_json:
        typer.echo(json.dumps(report.as_json(), indent=2))
        return
    console.print(report.as_table())
    for line in (*report.reasons(), *(f"Note: {note}" for note in report.notes)):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
