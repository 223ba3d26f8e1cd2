"""What PostgreSQL leaves to everyone in a new database and a closed one does not: large objects, which any
role may write; statistics and sizes, which tell how much of what there is; locks that hold up others.

Only a superuser may take them back (the catalog is the superuser's), so this is apart from what the owner
does. Names of tables and columns stay readable: drivers look types up in the catalog.
"""

from collections.abc import Iterable
from typing import Any, Final

import asyncpg

STORED: Final = r"^lo_|^loread$|^lowrite$|^pg_logical_emit_message$"
HELD: Final = r"^pg_(try_)?advisory_(xact_)?lock|^pg_export_snapshot$"
WATCHED: Final = (
    r"^pg_stat_|^pg_ls_|^pg_(relation|table|indexes|total_relation|database|tablespace)_size$"
    r"|^pg_(lock_status|prepared_xact|blocking_pids|safe_snapshot_blocking_pids)$"
)
WATCHED_VIEWS: Final = r"^pg_stat(io)?_|^pg_(locks|prepared_xacts)$"
COUNTED: Final = ("relpages", "reltuples", "relallvisible", "relallfrozen")
"""Columns of pg_class that estimate how many rows a table has."""

# ruff: noqa: S608 # the patterns and columns above are all that goes into these statements, beside names
_OPEN: Final = f"""
    SELECT format('EXECUTE ON FUNCTION %s', f.oid::regprocedure) AS thing,
           f.proname ~ '{HELD}' AS held, f.proname ~ '{WATCHED}' AS watched
      FROM pg_catalog.pg_proc f, LATERAL aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) given
     WHERE f.pronamespace = 'pg_catalog'::regnamespace AND given.grantee = 0
       AND f.proname ~ '{STORED}|{HELD}|{WATCHED}'
     UNION ALL
    SELECT format('SELECT ON TABLE %s', t.oid::regclass), false, true
      FROM pg_catalog.pg_class t, LATERAL aclexplode(t.relacl) given
     WHERE t.relnamespace = 'pg_catalog'::regnamespace AND given.grantee = 0
       AND (t.relkind = 'v' AND t.relname ~ '{WATCHED_VIEWS}' OR t.relname = 'pg_class')
"""


def closing_sql(owner: str, app: str) -> str:
    """One statement for a superuser, inside the database; running it again changes nothing.

    The owner keeps all of it (for dumps), the app role what holds a lock, and pg_monitor what it watches.
    """
    counted = ", ".join(_literal(column) for column in COUNTED)
    return f"""DO $closing$
DECLARE
    owner CONSTANT text := {_literal(owner)};
    app CONSTANT text := {_literal(app)};
    found record;
    columns text;
BEGIN
    FOR found IN {_OPEN} LOOP
        EXECUTE format('REVOKE %s FROM PUBLIC', found.thing);
        EXECUTE format('GRANT %s TO %I', found.thing, owner);
        IF found.held THEN EXECUTE format('GRANT %s TO %I', found.thing, app); END IF;
        IF found.watched THEN EXECUTE format('GRANT %s TO pg_monitor', found.thing); END IF;
    END LOOP;
    SELECT string_agg(quote_ident(attname), ', ') INTO columns FROM pg_catalog.pg_attribute
     WHERE attrelid = 'pg_catalog.pg_class'::regclass AND attname NOT IN ({counted});
    EXECUTE format('GRANT SELECT (%s) ON TABLE pg_catalog.pg_class TO PUBLIC', columns);
END
$closing$"""


async def is_closed(connection: "asyncpg.Connection[Any]") -> bool:
    """Whether everyone was refused all of it; any role may ask."""
    return not await connection.fetchval(f"SELECT count(*) FROM ({_OPEN}) AS still_open")


def script(statements: Iterable[str], inside: Iterable[tuple[str, str]]) -> str:
    """All of it for psql: statements for the server, then (database, statement) for inside each database.

    Names come quoted.
    """
    lines = [f"{statement};\n" for statement in statements]
    for database, statement in inside:
        lines.append(f"\\connect {database}\n{statement};\n")
    return "".join(lines)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
