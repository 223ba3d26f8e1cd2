"""No other path (proof 2): every database role is refused on everything that is not its own, and no settings
can name the other side's database."""

import ast
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pydantic_settings import BaseSettings

import customer_service
import employee_service
from customer_service.bridge.settings import Settings as BridgeSettings
from customer_service.settings import OwnerSettings as CustomerOwnerSettings
from customer_service.settings import Settings as CustomerSettings
from employee_service.settings import OwnerSettings as EmployeeOwnerSettings
from employee_service.settings import Settings as EmployeeSettings
from shared.bridge.manifest import manifest
from tests.fixtures.databases import World

MAY_INSERT = {"bridge_in.ledger", "bridge_in.messages"}
TABLES = """
    select n.nspname || '.' || c.relname as name, c.relkind::text as kind
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'v', 'm', 'p', 'f') and n.nspname not in ('pg_catalog', 'information_schema')
       and n.nspname not like 'pg_toast%'
"""


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def tables(world: World) -> list[Any]:
    async with connected((await world.database("customer")).owner) as owner:
        return list(await owner.fetch(TABLES))


async def refused(connection: Any, statement: str) -> bool:
    try:
        await connection.execute(statement)
    except asyncpg.InsufficientPrivilegeError:
        return True
    except asyncpg.PostgresError:
        return False
    return False


async def test_the_bridges_role_reads_its_views_and_writes_its_inbox(world: World) -> None:
    urls = await world.database("customer")
    assert urls.bridge
    async with connected(urls.bridge) as bridge:
        for table, kind in await tables(world):
            may_read = table.startswith("bridge_out.") and kind == "v"
            assert await refused(bridge, f"select * from {table} limit 1") is not may_read, table
            if kind != "v":
                inserts = await refused(bridge, f"insert into {table} default values")
                assert inserts is not (table in MAY_INSERT), table
            for verb in ("delete from", "truncate", "drop table"):
                assert kind == "v" or await refused(bridge, f"{verb} {table}"), (table, verb)


async def test_the_views_cannot_be_written_through(world: World) -> None:
    urls = await world.database("customer")
    assert urls.bridge
    async with connected(urls.bridge) as bridge:
        for table, kind in await tables(world):
            if kind == "v":
                assert not await accepted(bridge, f"delete from {table}"), table
                assert not await accepted(bridge, f"insert into {table} default values"), table


async def accepted(connection: Any, statement: str) -> bool:
    try:
        await connection.execute(statement)
    except asyncpg.PostgresError:
        return False
    return True


async def test_the_bridges_role_makes_nothing_and_becomes_nobody(world: World) -> None:
    urls = await world.database("customer")
    assert urls.bridge
    statements = (
        "create table t (a int)",
        "create temp table t (a int)",
        "create schema s",
        "create function f() returns int language sql as 'select 1'",
        "set role customer_app",
        "set role customer_owner",
        "create role r",
        "copy (select 1) to program 'true'",
    )
    async with connected(urls.bridge) as bridge:
        for statement in statements:
            assert not await accepted(bridge, statement), statement


TOLD_TO_ALL = set(
    """pg_available_extension_versions pg_available_extensions pg_cursors pg_group pg_indexes pg_matviews
    pg_policies pg_prepared_statements pg_publication_tables pg_replication_slots pg_roles pg_rules
    pg_seclabels pg_sequences pg_settings pg_stats pg_stats_ext pg_stats_ext_exprs pg_tables
    pg_timezone_abbrevs pg_timezone_names pg_user pg_user_mappings pg_views pg_wait_events""".split()
)
"""Views of the catalog: names, settings, and statistics of rows that the reader may read anyway."""


async def test_the_bridges_role_finds_no_other_place_and_counts_nothing(world: World) -> None:
    """What PostgreSQL leaves to everyone: large objects (a second inbox that nobody looks into), statistics,
    sizes, locks that hold up others."""
    urls = await world.database("customer")
    assert urls.bridge
    statements = (
        "select lo_create(0)",
        "select lo_from_bytea(0, 'kept')",
        "select pg_logical_emit_message(false, 'kept', 'kept')",
        "select n_live_tup from pg_stat_user_tables",
        "select heap_blks_read from pg_statio_user_tables",
        "select pg_stat_get_live_tuples(oid) from pg_class",
        "select usename from pg_stat_activity",
        "select * from pg_locks",
        "select reltuples from pg_class",
        "select * from pg_class",
        "select pg_total_relation_size(oid) from pg_class",
        "select pg_database_size(current_database())",
        "select pg_advisory_lock(1)",
        "select pg_try_advisory_xact_lock(1)",
        "select pg_export_snapshot()",
    )
    async with connected(urls.bridge) as bridge:
        for statement in statements:
            assert await refused(bridge, statement), statement
        views = await bridge.fetch(
            "select relname from pg_class where relkind = 'v' and relnamespace = 'pg_catalog'::regnamespace"
            " and has_table_privilege(oid, 'select')"
        )
    assert {view["relname"] for view in views} <= TOLD_TO_ALL


async def test_ledgers_and_feed_cannot_be_changed_by_those_who_write_them(world: World) -> None:
    customer, employee = await world.database("customer"), await world.database("employee")
    kept = {
        customer.app: ("bridge_ledger", "bridge_ledger_refs", "bridge_changes"),
        employee.app: ("desk_ledger", "desk_ledger_refs", "desk_ledger_heads"),
    }
    for url, names in kept.items():
        async with connected(url) as app:
            for name in names:
                await app.execute(f"select * from {name}")
                column = await first_column(app, name)
                for verb in (f"update {name} set {column} = ''", f"delete from {name}", f"truncate {name}"):
                    assert await refused(app, verb), verb


async def first_column(connection: Any, table: str) -> str:
    name = await connection.fetchval(
        "select column_name from information_schema.columns"
        " where table_name = $1 and data_type = 'text' limit 1",
        table,
    )
    return str(name)


async def test_the_customer_role_does_not_forge_what_comes_inward(world: World) -> None:
    urls = await world.database("customer")
    async with connected(urls.app) as app:
        assert await refused(app, "insert into bridge_in.messages default values")
        assert await refused(app, "insert into bridge_in.ledger default values")


async def test_no_role_connects_to_another_database(world: World) -> None:
    databases = await world.all()
    for name, urls in databases.items():
        for other, theirs in databases.items():
            for url in filter(None, (urls.owner, urls.app, urls.bridge)):
                if name == other:
                    continue
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await asyncpg.connect(url.replace(f"/{urls.name}", f"/{theirs.name}"))


async def test_the_views_hold_exactly_the_fields_of_the_manifest(world: World) -> None:
    """Beside what one chooses by: `consumer`, and the thread a post belongs to; and by which tokens are
    refused."""
    fields = {name: set(message.names) for name, message in manifest().messages.items()}
    flat = (
        (fields["thread"] - {"author", "posts", "counts", "sharing"}) | fields["counts"] | fields["sharing"]
    )
    expected = {
        "threads": flat | {"author_pseudonym", "author_name", "consumer"},
        "posts": fields["post"] | {"consumer", "thread_ref"},
        "changes": fields["change"] | {"consumer"},
        "ledger": fields["ledger_row"] | {"consumer"},
        "receipts": {"consumer", "key", "digest", "crossing_id", "ref", "thread_ref"},
        "revocations": {"digest", "not_before"},
        "consumers": {"consumer", "client_id", "purposes", "audiences", "acknowledged", "closed", "overdue"},
    }
    async with connected((await world.database("customer")).owner) as owner:
        rows = await owner.fetch(
            "select table_name, column_name from information_schema.columns where table_schema = 'bridge_out'"
        )
    found: dict[str, set[str]] = {}
    for table, column in rows:
        found.setdefault(table, set()).add(column)
    assert found == expected


CONFIDENTIAL = ("DATABASE", "SECRET", "SIGNING")
ALL_SETTINGS: dict[type[BaseSettings], str] = {
    CustomerSettings: "CUSTOMER",
    CustomerOwnerSettings: "CUSTOMER",
    EmployeeSettings: "EMPLOYEE",
    EmployeeOwnerSettings: "EMPLOYEE",
    BridgeSettings: "BRIDGE",
}


@pytest.mark.parametrize("settings", ALL_SETTINGS, ids=lambda s: f"{s.__module__}.{s.__name__}")
def test_settings_name_no_other_database(settings: type[BaseSettings]) -> None:
    own = ALL_SETTINGS[settings]
    variables = {str(field.validation_alias or name) for name, field in settings.model_fields.items()}
    foreign = {
        name
        for name in variables
        if any(word in name.upper() for word in ("DATABASE", "SECRET", "SIGNING"))
        and not name.startswith(own)
    }
    assert not {name for name in foreign if name.isupper()}
    assert settings.model_config.get("extra") == "ignore"


def imports_of(package: Any) -> Iterator[tuple[Path, str]]:
    for file in Path(package.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                yield file, node.module
            elif isinstance(node, ast.Import):
                yield from ((file, alias.name) for alias in node.names)


def test_the_services_never_import_one_another() -> None:
    for package, others in (
        (customer_service, ("employee_service", "identity_service")),
        (employee_service, ("customer_service", "identity_service")),
    ):
        for file, module in imports_of(package):
            assert not module.startswith(others), file


def test_only_the_two_ends_of_the_bridge_know_the_contract() -> None:
    ends = (Path("customer_service/bridge"), Path("employee_service/desk"))
    for package in (customer_service, employee_service):
        for file, module in imports_of(package):
            if module.startswith("shared.bridge"):
                inside = file.relative_to(Path(package.__path__[0]).parent)
                assert inside.parent in ends, file
