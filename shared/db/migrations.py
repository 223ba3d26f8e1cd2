"""Running a service's own, linear Alembic history."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from alembic import command, context
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData, pool, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from shared.db.revision import WrongSchema, history

LOCK_TIMEOUT = "5s"
STATEMENT_TIMEOUT = "10min"


def config_for(service: str, url: str | None = None) -> Config:
    """Alembic's configuration of one service's history (`<service>/migrations`)."""
    config = Config()
    config.set_main_option("script_location", str(history(service)))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    if url:
        plain = make_url(url).set(drivername="postgresql+asyncpg")
        config.attributes["url"] = plain.render_as_string(hide_password=False)
    return config


def upgrade(service: str, url: str) -> None:
    """Brings a database to this code's revision. Raises `WrongSchema` when its own is not known here."""
    try:
        command.upgrade(config_for(service, url), "head")
    except CommandError as error:
        raise WrongSchema(f"The database of {service} is not known to this code: {error}") from error


def check(service: str, url: str) -> None:
    """Raises when the tables in the code and in the history differ."""
    command.check(config_for(service, url))


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
