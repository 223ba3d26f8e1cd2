"""Make databases and roles before the first migration; running it again changes nothing.

Names and passwords are those in the URLs. The owner role is for migrations only; the app role reads and
writes what the owner makes later; the bridge role may connect and nothing else until a migration grants
it something. What PostgreSQL leaves open to everyone is closed by a superuser (``shared/db/closing.py``).
Passwords travel as SCRAM verifiers (RFC 5802, RFC 7677), so they reach neither the server's log nor printed
SQL.

As a command (``python -m shared.db.bootstrap``) it reads from standard input
``{"admin_url": …, "targets": [{"owner_url": …, "app_url": …, "bridge_url": …}, …]}``; with a service's name
(``python -m shared.db.bootstrap NAME``) from ADMIN_DATABASE_URL, NAME_DATABASE_OWNER_URL, NAME_DATABASE_URL
and, where it is set and names the same database, BRIDGE_DATABASE_URL.
"""

import asyncio
import hashlib
import hmac
import json
import os
import secrets
import sys
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import asyncpg

from shared.db.closing import closing_sql, is_closed, script

ITERATIONS = 4096


class NeedsAdministrator(Exception):
    """The admin URL's role may not make roles or databases. ``sql`` is for somebody who may; ``inside`` names
    databases (quoted) and what a superuser runs in each.
    """

    def __init__(self, sql: Sequence[str], inside: Sequence[tuple[str, str]]) -> None:
        super().__init__("This role may not create roles and databases. An administrator runs this instead:")
        self.sql = sql
        self.inside = inside

    @property
    def script(self) -> str:
        """For psql."""
        return script(self.sql, self.inside)


class BadTarget(ValueError):
    """The URLs of one target do not fit together."""


@dataclass(frozen=True)
class Role:
    """A role that signs in, as named in a URL."""

    name: str
    password: str


@dataclass(frozen=True)
class Target:
    """One database and the addresses by which its roles reach it."""

    owner_url: str
    app_url: str
    bridge_url: str | None = None

    def __post_init__(self) -> None:
        if len({_place(url) for url in self._urls}) != 1:
            raise BadTarget("The URLs of one service must name the same host, port and database.")
        if len({role.name for role in self.roles}) != len(self._urls):
            raise BadTarget("Each URL of one service must name a role of its own.")

    @property
    def database(self) -> str:
        return urlsplit(self.owner_url).path.lstrip("/")

    @property
    def owner(self) -> Role:
        return _role(self.owner_url)

    @property
    def app(self) -> Role:
        return _role(self.app_url)

    @property
    def bridge(self) -> Role | None:
        return None if self.bridge_url is None else _role(self.bridge_url)

    @property
    def roles(self) -> list[Role]:
        return [_role(url) for url in self._urls]

    @property
    def _urls(self) -> list[str]:
        return [url for url in (self.owner_url, self.app_url, self.bridge_url) if url is not None]


async def bootstrap(admin_url: str, targets: Iterable[Target]) -> str:
    """Make what is missing and set what differs. NeedsAdministrator when the role may not and has to.

    Returns what is left for a superuser to run with psql, "" when nothing is.
    """
    targets = list(targets)
    admin = await asyncpg.connect(driver_url(admin_url))
    try:
        superuser = await _make_all(admin, targets)
    finally:
        await admin.close()
    still_open: list[Target] = []
    for target in targets:
        if superuser:
            await _close(admin_url, target)
        owner = await asyncpg.connect(driver_url(target.owner_url))
        try:
            async with owner.transaction():
                for statement in inside_sql(target):
                    await owner.execute(statement)
            if not await is_closed(owner):
                still_open.append(target)
        finally:
            await owner.close()
    return script([], superuser_sql(still_open))


async def _close(admin_url: str, target: Target) -> None:
    admin = await asyncpg.connect(driver_url(admin_url), database=target.database)
    try:
        await admin.execute(_closing(target))
    finally:
        await admin.close()


def administrator_sql(targets: Iterable[Target]) -> list[str]:
    """The statements for an administrator, on a server that has none of it yet."""
    statements: list[str] = []
    for target in targets:
        statements += [role_sql(role, exists=False) for role in target.roles]
        statements.append(f"GRANT {_name(target.owner.name)} TO CURRENT_USER")
        statements.append(database_sql(target))
        statements += access_sql(target.database, [role.name for role in target.roles])
    return statements


def superuser_sql(targets: Iterable[Target]) -> list[tuple[str, str]]:
    """Each database (quoted) with what a superuser does inside it."""
    return [(_name(target.database), _closing(target)) for target in targets]


def _closing(target: Target) -> str:
    return closing_sql(target.owner.name, target.app.name)


def role_sql(role: Role, *, exists: bool) -> str:
    """A role that can sign in and has no power over the server."""
    verb = "ALTER" if exists else "CREATE"
    verifier = scram_verifier(role.password)
    return f"{verb} ROLE {_name(role.name)} LOGIN NOCREATEDB NOCREATEROLE PASSWORD '{verifier}'"


def database_sql(target: Target) -> str:
    return f"CREATE DATABASE {_name(target.database)} OWNER {_name(target.owner.name)}"


def access_sql(database: str, roles: Iterable[str]) -> list[str]:
    """Who may connect: its own roles. A copy made from a template does not carry this over."""
    name = _name(database)
    names = ", ".join(_name(role) for role in roles)
    return [
        f"REVOKE ALL ON DATABASE {name} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {name} TO {names}",
    ]


def inside_sql(target: Target) -> list[str]:
    """What the owner sets in the database itself: nothing for everyone, rows and calls for the app role."""
    app = _name(target.app.name)
    default = "ALTER DEFAULT PRIVILEGES"
    return [
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {app}",
        f"{default} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
        f"{default} GRANT USAGE, SELECT ON SEQUENCES TO {app}",
        f"{default} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
        f"{default} GRANT EXECUTE ON FUNCTIONS TO {app}",
    ]


def scram_verifier(password: str, salt: bytes | None = None) -> str:
    """What PostgreSQL keeps in place of a password (RFC 5802 section 3, as SCRAM-SHA-256 of RFC 7677).

    Raises BadTarget outside ASCII, where SASLprep would have to be applied first.
    """
    if not password or not password.isascii():
        raise BadTarget("A database password must be there and be plain ASCII.")
    salt = secrets.token_bytes(16) if salt is None else salt
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256${ITERATIONS}:{_text(salt)}${_text(stored)}:{_text(server)}"


def driver_url(url: str) -> str:
    """The same address for asyncpg, which knows no ``+asyncpg``."""
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


async def _make_all(admin: "asyncpg.Connection[Any]", targets: Sequence[Target]) -> bool:
    """Roles, databases and who may connect; whether the admin is a superuser."""
    rights = await admin.fetchrow(
        "SELECT rolsuper, rolsuper OR (rolcreaterole AND rolcreatedb) AS may "
        "FROM pg_roles WHERE rolname = current_user"
    )
    roles = {row["rolname"] for row in await admin.fetch("SELECT rolname FROM pg_roles")}
    databases = {row["datname"] for row in await admin.fetch("SELECT datname FROM pg_database")}
    if rights is None or not rights["may"]:
        missing = [target for target in targets if not _is_there(target, roles, databases)]
        if missing:
            raise NeedsAdministrator(administrator_sql(missing), superuser_sql(missing))
        return False
    for target in targets:
        for role in target.roles:
            await admin.execute(role_sql(role, exists=role.name in roles))
        if not rights["rolsuper"]:
            await admin.execute(f"GRANT {_name(target.owner.name)} TO CURRENT_USER")
        if target.database not in databases:
            await admin.execute(database_sql(target))
        for statement in access_sql(target.database, [role.name for role in target.roles]):
            await admin.execute(statement)
    return bool(rights["rolsuper"])


def _is_there(target: Target, roles: set[str], databases: set[str]) -> bool:
    return target.database in databases and all(role.name in roles for role in target.roles)


def _place(url: str) -> tuple[str | None, int, str]:
    """Which database this is."""
    try:
        parts = urlsplit(url)
        return parts.hostname, parts.port or 5432, parts.path
    except ValueError:
        raise BadTarget("A database URL is like postgresql://user:password@host:5432/name.") from None


def _role(url: str) -> Role:
    parts = urlsplit(url)
    if not parts.username or parts.password is None:
        raise BadTarget(f"A database URL needs a user and a password: {parts.hostname}{parts.path}")
    return Role(unquote(parts.username), unquote(parts.password))


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _text(value: bytes) -> str:
    return b64encode(value).decode()


def _from_environment(name: str) -> dict[str, Any]:
    """What one container that makes one database is told. Exits with 2 when a variable is missing."""
    prefix = name.upper()
    names = {
        "owner_url": f"{prefix}_DATABASE_OWNER_URL",
        "app_url": f"{prefix}_DATABASE_URL",
        "bridge_url": "BRIDGE_DATABASE_URL",
    }
    missing = [v for v in ("ADMIN_DATABASE_URL", *list(names.values())[:2]) if not os.environ.get(v)]
    if missing:
        sys.stderr.write(f"Not set: {', '.join(missing)}\n")
        sys.exit(2)
    target = {key: os.environ[variable] for key, variable in names.items() if os.environ.get(variable)}
    if "bridge_url" in target and _place(target["bridge_url"]) != _place(target["owner_url"]):
        sys.stderr.write("BRIDGE_DATABASE_URL names another database: left alone.\n")
        del target["bridge_url"]
    return {"admin_url": os.environ["ADMIN_DATABASE_URL"], "targets": [target]}


def main() -> None:
    try:
        wanted = _from_environment(sys.argv[1]) if len(sys.argv) > 1 else json.load(sys.stdin)
        left = asyncio.run(bootstrap(wanted["admin_url"], [Target(**target) for target in wanted["targets"]]))
    except NeedsAdministrator as refusal:
        sys.stderr.write(f"{refusal}\n")
        sys.stdout.write(refusal.script)
        sys.exit(2)
    except BadTarget as mistake:
        sys.stderr.write(f"{mistake}\n")
        sys.exit(2)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        sys.stderr.write(f"The database server does not take this: {error or type(error).__name__}\n")
        sys.exit(1)
    if left:
        sys.stderr.write("Done, but a superuser should close what PostgreSQL leaves open to everyone:\n")
        sys.stdout.write(left)


if __name__ == "__main__":
    main()
