"""A service's migrations beside an empty PostgreSQL, whose superuser is named in ADMIN_DATABASE_URL.

``python -m shared.db.revise check SERVICE…`` fails when tables in the code differ from those the
migrations make; ``python -m shared.db.revise new SERVICE MESSAGE`` writes the migration that makes them
the same, to be read.
"""

import asyncio
import os
import sys
from urllib.parse import urlsplit, urlunsplit

from alembic import command
from alembic.util import CommandError

from shared.db import migrations
from shared.db.bootstrap import Target, bootstrap

PASSWORD = "for-a-database-that-is-thrown-away"  # noqa: S105 # gone within seconds


def main() -> None:
    action, *rest = sys.argv[1:]
    services = rest[:1] if action == "new" else rest
    failed = False
    for service in services:
        owner_url = _migrated(service)
        if action == "new":
            command.revision(migrations.config_for(service, owner_url), rest[1], autogenerate=True)
            continue
        try:
            migrations.check(service, owner_url)
        except CommandError as difference:
            sys.stderr.write(f"{service}: {difference}\n")
            failed = True
    sys.exit(1 if failed else 0)


def _migrated(service: str) -> str:
    """A new database at the newest revision; its owner's address."""
    name = service.removesuffix("_service")
    admin = urlsplit(os.environ["ADMIN_DATABASE_URL"])

    def address(role: str) -> str:
        place = f"{name}_{role}:{PASSWORD}@{admin.hostname}:{admin.port}"
        return urlunsplit((admin.scheme, place, f"/{name}", "", ""))

    target = Target(address("owner"), address("app"), address("bridge"))
    asyncio.run(bootstrap(admin.geturl(), [target]))
    migrations.upgrade(service, target.owner_url)
    return target.owner_url


if __name__ == "__main__":
    main()
