"""What each process is told: computed once as a whole, then given out by the table, to each only its own."""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc.jwk import ECKey

from shared.launch import certificates
from shared.launch.errors import LaunchError
from shared.launch.state import Folder
from shared.launch.table import (
    BRIDGE_ON,
    COMMON,
    DEMO_ACCOUNTS,
    SECRETS,
    SERVICES,
    SIGNING_KEY,
    SIGNING_KEYS_PUBLIC,
    Service,
)

SYSTEM = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")
OWNER_URLS = tuple(service.owner_url_variable for service in SERVICES if service.has_database)
DATABASE_URLS = tuple(service.url_variable for service in SERVICES)


DEFAULT_BASE = 8000


@dataclass(frozen=True)
class Place:
    """Where an installation listens: its first port, and whether it speaks HTTPS itself."""

    port_base: int = DEFAULT_BASE
    tls: bool = False

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "Place":
        """From what a running or earlier installation noted."""
        return cls(int(record.get("port_base", DEFAULT_BASE)), bool(record.get("tls")))

    def record(self) -> dict[str, Any]:
        return {"port_base": self.port_base, "tls": self.tls}


@dataclass(frozen=True)
class Environment:
    """All variables of an installation, and which of them a command of a service may see."""

    values: Mapping[str, str]
    embedded: bool

    def of(self, service: Service, *, owner: bool = False) -> dict[str, str]:
        """For one process of ``service``; with the owner's address for its migrations."""
        names = {*SYSTEM, *COMMON, *service.sees, *service.optional}
        seen = {name: value for name, value in self.values.items() if name in names or service.owns(name)}
        seen["PYTHONUNBUFFERED"] = "1"
        if owner:
            seen[service.owner_url_variable] = self.values[service.owner_url_variable]
        return seen

    @property
    def can_migrate(self) -> bool:
        return all(name in self.values for name in OWNER_URLS)

    def targets(self) -> list[dict[str, str]]:
        """What ``python -m shared.db.bootstrap`` reads."""
        return [self._target(service) for service in SERVICES if service.has_database]

    def _target(self, service: Service) -> dict[str, str]:
        target = {
            "owner_url": self.values[service.owner_url_variable],
            "app_url": self.values[service.url_variable],
        }
        if service.name == BRIDGE_ON:
            target["bridge_url"] = self.values["BRIDGE_DATABASE_URL"]
        return target


def is_embedded(given: Mapping[str, str]) -> bool:
    """Whether no database is named; LaunchError when some are and some are not."""
    missing = [name for name in DATABASE_URLS if not given.get(name)]
    if missing and len(missing) < len(DATABASE_URLS):
        raise LaunchError(f"Some databases are named and some are not; missing: {', '.join(missing)}.")
    owners = [name for name in OWNER_URLS if not given.get(name)]
    if not missing and owners and len(owners) < len(OWNER_URLS):
        raise LaunchError(f"Some owners are named and some are not; missing: {', '.join(owners)}.")
    if missing and len(owners) < len(OWNER_URLS):
        raise LaunchError(f"Owners are named but databases are not; missing: {', '.join(missing)}.")
    return bool(missing)


def prepare(folder: Folder, given: Mapping[str, str] | None = None) -> None:
    """Make the secrets before there are data that need them; LaunchError when they were lost since."""
    if folder.has_data and not folder.read("secrets"):
        raise LaunchError(
            f"{folder.path}/secrets.json is gone, and the data cannot be read without it: "
            "restore it, or make reset."
        )
    _secrets(folder, os.environ if given is None else given)


def compute(
    folder: Folder, *, place: Place, server_port: int | None, given: Mapping[str, str] | None = None
) -> Environment:
    """Everything, from what is given, else what is kept in the folder, else made now and kept.

    ``server_port`` is that of the embedded PostgreSQL, None when databases are given.
    """
    given = os.environ if given is None else given
    values = {
        "DEVELOPMENT": "true" if server_port else "false",
        "BRIDGE_ENABLED": "true",
        **_addresses(place),
        **_secrets(folder, given),
    }
    if server_port:
        values |= _database_urls(folder, server_port)
    values |= {
        name: value
        for name, value in given.items()
        if _is_ours(name, values) and (value or _may_be_empty(name))
    }
    if place.tls:
        values |= _certificates(folder)
    return Environment(values, embedded=server_port is not None)


def demo_accounts(folder: Folder) -> list[dict[str, Any]]:
    """Who may sign in, with passwords made once and kept."""
    return [
        account.record(folder.ensure("accounts", account.email, lambda: secrets.token_urlsafe(12)))
        for account in DEMO_ACCOUNTS
    ]


def _is_ours(name: str, values: Mapping[str, str]) -> bool:
    """Whether a variable is taken from the caller's environment."""
    if name in values or name in (*SYSTEM, *COMMON, *OWNER_URLS):
        return True
    return any(service.owns(name) or name in service.optional for service in SERVICES)


def _may_be_empty(name: str) -> bool:
    """Whether setting it to nothing means something: an empty limit is none."""
    return name.startswith("RATE_LIMIT_")


def _certificates(folder: Folder) -> dict[str, str]:
    """Our own clients believe our authority beside the public ones."""
    made = certificates.ensure(folder.tls)
    return {
        "TLS_CERTIFICATE_FILE": str(made.certificate),
        "TLS_KEY_FILE": str(made.key),
        "SSL_CERT_FILE": str(made.bundle),
    }


def _addresses(place: Place) -> dict[str, str]:
    """Public ones say localhost, since passkeys refuse 127.0.0.1; services reach each other by number."""
    scheme, addresses = "https" if place.tls else "http", {}
    for service in SERVICES:
        url = f"{scheme}://localhost:{place.port_base + service.port}"
        addresses[f"{service.name.upper()}_PUBLIC_URL"] = url
    for name in ("IDENTITY", "BRIDGE"):
        addresses[f"{name}_INTERNAL_URL"] = addresses[f"{name}_PUBLIC_URL"].replace("localhost", "127.0.0.1")
    return addresses


def _secrets(folder: Folder, given: Mapping[str, str]) -> dict[str, str]:
    values = {
        name: given.get(name) or folder.ensure("secrets", name, lambda: secrets.token_urlsafe(32))
        for name in SECRETS
    }
    private = given.get(SIGNING_KEY) or folder.ensure("secrets", SIGNING_KEY, _signing_key)
    public = ECKey.import_key(json.loads(private)).as_dict(private=False)
    return values | {SIGNING_KEY: private, SIGNING_KEYS_PUBLIC: json.dumps({"keys": [public]})}


def _signing_key() -> str:
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    return json.dumps(key.as_dict(private=True))


def _database_urls(folder: Folder, port: int) -> dict[str, str]:
    def address(database: str, role: str) -> str:
        name = f"{database}_{role}"
        password = folder.ensure("secrets", f"password of {name}", lambda: secrets.token_urlsafe(24))
        return f"postgresql://{name}:{password}@127.0.0.1:{port}/{database}"

    urls = {}
    for service in SERVICES:
        if service.has_database:
            urls[service.url_variable] = address(service.name, "app")
            urls[service.owner_url_variable] = address(service.name, "owner")
        else:
            urls[service.url_variable] = address(BRIDGE_ON, service.name)
    return urls
