"""Filling a database with canaries: in each column that can hold text, a word that stands nowhere else."""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg

ENTRIES = Path(__file__).with_name("columns.toml")
COLUMNS = """
    select c.table_schema || '.' || c.table_name as "table", c.column_name as "column", c.data_type as type
      from information_schema.columns c
      join information_schema.tables t using (table_schema, table_name)
     where t.table_type = 'BASE TABLE' and c.table_schema not in ('pg_catalog', 'information_schema')
       and c.data_type not in ('uuid', 'integer', 'bigint', 'smallint', 'boolean', 'numeric',
                               'timestamp with time zone', 'date', 'interval', 'double precision')
     order by 1, c.ordinal_position
"""
REQUIRED = """
    select column_name, data_type from information_schema.columns
     where table_schema || '.' || table_name = $1 and is_nullable = 'NO' and column_default is null
       and is_identity = 'NO' and is_generated = 'NEVER'
"""
CHECKS = """
    select conrelid::regclass::text as "table", conname as name from pg_constraint
     where contype = 'c' and connamespace::regnamespace::text not in ('pg_catalog', 'information_schema')
"""
EMPTY = {
    "uuid": "gen_random_uuid()",
    "boolean": "false",
    "timestamp with time zone": "now()",
    "ARRAY": "'{}'",
    "jsonb": "'{}'",
    "bytea": "''",
    "integer": "1",
    "bigint": "1",
    "smallint": "1",
}
FILLED = {
    "ARRAY": "array[{word}]",
    "jsonb": "jsonb_build_object('word', {word})",
    "bytea": "convert_to({word}, 'UTF8')",
}


@dataclass(frozen=True)
class Column:
    table: str
    column: str
    type: str

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}"


@dataclass
class Canaries:
    """What was filled: the word of each column, and where that column's words may show."""

    words: dict[str, Column] = field(default_factory=dict)
    allowed: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def found(self, text: str) -> dict[str, Column]:
        """The canaries that sit in a text."""
        return {word: column for word, column in self.words.items() if word in text}

    def may(self, word: str, place: str) -> bool:
        return place in self.allowed[self.words[word].name]


@cache
def entries(database: str) -> dict[str, dict[str, Any]]:
    whole: dict[str, dict[str, dict[str, Any]]] = tomllib.loads(ENTRIES.read_text("utf-8"))
    return whole[database]


async def columns(connection: Any) -> list[Column]:
    return [Column(**row) for row in await connection.fetch(COLUMNS)]


async def fill(admin_url: str, database: str) -> Canaries:
    """Every column that is not fixed gets its word, followed by the number of the row; tables without rows
    get one. As the superuser: rules that tie tables together do not hold meanwhile."""
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute("set session_replication_role = replica")
        for table, name in await connection.fetch(CHECKS):
            await connection.execute(f'alter table {table} drop constraint "{name}"')
        canaries, by_table = Canaries(), dict[str, list[Column]]()
        for column in await columns(connection):
            entry = entries(database).get(column.table, {}).get(column.column, "never")
            if entry != "fixed":
                by_table.setdefault(column.table, []).append(column)
                canaries.allowed[column.name] = () if entry == "never" else tuple(entry)
        for table, filled in by_table.items():
            await _fill_table(connection, table, filled, canaries)
    finally:
        await connection.close()
    return canaries


async def _fill_table(connection: Any, table: str, filled: list[Column], canaries: Canaries) -> None:
    if not await connection.fetchval(f"select exists (select from {table})"):
        required = await connection.fetch(REQUIRED, table)
        names = ", ".join(f'"{name}"' for name, _ in required)
        values = ", ".join(EMPTY.get(kind, "''") for _, kind in required)
        row = f"({names}) values ({values})" if required else "default values"
        await connection.execute(f"insert into {table} {row}")
    parts = []
    for column in filled:
        word = f"canary{len(canaries.words) + 1:04d}x"
        canaries.words[word] = column
        text = f"('{word}' || numbered.n)"
        parts.append(f'"{column.column}" = {FILLED.get(column.type, "{word}").format(word=text)}')
    await connection.execute(
        f"update {table} t set {', '.join(parts)}"
        f" from (select ctid as place, row_number() over () as n from {table}) numbered"
        " where t.ctid = numbered.place"
    )
