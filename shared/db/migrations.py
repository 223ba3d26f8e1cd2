"""Running a service's own, linear Alembic history."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command, context
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, pool, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

LOCK_TIMEOUT = "5s"
STATEMENT_TIMEOUT = "10min"


class WrongSchema(Exception):
    """The database is older or newer than this code."""


def config_for(service: str, url: str | None = None) -> Config:
    """Alembic's configuration of one service's history (`<service>/migrations`)."""
    folder = Path(str(import_module(service).__file__)).parent / "migrations"
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    if url:
        plain = make_url(url).set(drivername="postgresql+asyncpg")
        config.attributes["url"] = plain.render_as_string(hide_password=False)
    return config


def upgrade(service: str, url: str) -> None:
    command.upgrade(config_for(service, url), "head")


def check(service: str, url: str) -> None:
    """Raises when the tables in the code and in the history differ."""
    command.check(config_for(service, url))


def head(service: str) -> str:
    revision = ScriptDirectory.from_config(config_for(service)).get_current_head()
    assert revision is not None, f"{service} has no migrations"
    return revision


async def require_head(service: str, connection: asyncpg.Connection | asyncpg.Pool) -> None:
    """Raises `WrongSchema` unless the database stands at this code's newest revision."""
    try:
        found = await connection.fetchval("select version_num from alembic_version")
    except asyncpg.UndefinedTableError:
        found = None
    wanted = head(service)
    if found != wanted:
        raise WrongSchema(
            f"The database of {service} is at revision {found or 'none'}; this code needs {wanted}. "
            f"Run: python -m {service} migrate"
        )


def run(metadata: MetaData) -> None:
    """What every service's `migrations/env.py` does: bring the database of `metadata` to a revision."""
    schemas = {table.schema for table in metadata.tables.values()} | {None}

    def named(name: str | None, kind: str, parents: Any) -> bool:
        return kind != "schema" or name in schemas

    def migrate(connection: Connection) -> None:
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.execute(text(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'"))
        context.configure(
            connection=connection,
            target_metadata=metadata,
            include_object=_ours,
            include_name=named,
            include_schemas=True,
            compare_type=True,
            transaction_per_migration=False,
        )
        with context.begin_transaction():
            context.run_migrations()

    async def connect() -> None:
        engine = create_async_engine(context.config.attributes["url"], poolclass=pool.NullPool)
        async with engine.begin() as connection:
            await connection.run_sync(migrate)
        await engine.dispose()

    # A thread of its own, since the caller may be inside an event loop already.
    with ThreadPoolExecutor(1) as executor:
        executor.submit(context_free_run, connect).result()


def context_free_run(connect: Any) -> None:
    asyncio.run(connect())


def _ours(thing: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    return not (kind == "table" and name == "alembic_version")
