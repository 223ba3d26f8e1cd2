"""What administrators do with clients."""

import secrets
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, or_, select

from identity_service.admin import paging
from identity_service.admin.access import Admin
from identity_service.admin.clients.schemas import (
    ClientCreate,
    ClientRow,
    ClientsAsked,
    ClientView,
    SecretRotation,
)
from identity_service.admin.errors import AlreadyThere, KeptElsewhere
from identity_service.admin.people.service import confirm
from identity_service.audit import service as audit
from identity_service.clients import service as clients
from identity_service.clients.metadata import ClientMetadata, require_audiences
from identity_service.clients.models import Client
from identity_service.clients.names import AuthMethod
from identity_service.protocol.resources import resources
from identity_service.sealing import hashed, new_secret
from shared.kernel.errors import Conflict, NotFound

WITH_SECRET: Final = frozenset({AuthMethod.BASIC, AuthMethod.POST})
FIELDS: Final = tuple(ClientMetadata.model_fields)
_LIST: Final = "clients"


class NoSecret(Conflict):
    code = "admin.no_secret"
    title = "This client proves itself without a secret"


async def found(admin: Admin, asked: ClientsAsked) -> tuple[list[ClientRow], str | None]:
    """A page of clients, and the cursor of the next."""
    statement = select(Client).order_by(Client.id).limit(asked.limit + 1)
    if asked.q.strip():
        part = asked.q.strip()
        statement = statement.where(
            or_(Client.id.icontains(part, autoescape=True), Client.name.icontains(part, autoescape=True))
        )
    if asked.source is not None:
        statement = statement.where(Client.source == asked.source)
    after = paging.start(admin, asked, name=_LIST)
    if after is not None:
        statement = statement.where(Client.id > after[0])
    rows = [_row(client) for client in await admin.visit.session.scalars(statement)]
    return paging.cut(admin, asked, rows, lambda row: (row.id,), name=_LIST)


def _row(client: Client) -> ClientRow:
    return ClientRow(**{name: getattr(client, name) for name in ClientRow.__dataclass_fields__})


async def client(admin: Admin, client_id: str) -> Client:
    """The client, held until the transaction ends. Raises NotFound."""
    row = await admin.visit.session.get(Client, client_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound
    return row


def view(client: Client, now: datetime) -> ClientView:
    until = client.old_secret_until
    return ClientView(
        id=client.id,
        source=client.source,
        metadata=metadata_of(client),
        has_secret=client.secret_hash is not None,
        old_secret_until=until if until is not None and until > now else None,
        created_at=client.created_at,
        updated_at=client.updated_at,
        disabled_at=client.disabled_at,
    )


def metadata_of(client: Client) -> dict[str, Any]:
    """What is said of a client, in the order of `ClientMetadata`."""
    return {name: getattr(client, name) for name in FIELDS}


async def create(admin: Admin, wanted: ClientCreate) -> tuple[Client, str | None]:
    """The client, and its secret where it needs one. Raises AlreadyThere, BadOrigin,
    UnknownAudience."""
    client_id = wanted.id or f"c_{secrets.token_urlsafe(16)}"
    if await admin.visit.session.get(Client, client_id) is not None:
        raise AlreadyThere
    secret = new_secret() if wanted.token_endpoint_auth_method in WITH_SECRET else None
    await _keep(admin, client_id, wanted, "admin", hashed(secret) if secret else None)
    _record(admin, "client.created", client_id)
    return await client(admin, client_id), secret


async def change(admin: Admin, row: Client, wanted: ClientMetadata) -> tuple[Client, str | None]:
    """The client as it is now, and a secret when it needs one from now on and has none. Raises KeptElsewhere,
    BadOrigin, UnknownAudience."""
    _ours(row)
    secret, secret_hash = None, row.secret_hash
    if wanted.token_endpoint_auth_method not in WITH_SECRET:
        secret_hash = row.old_secret_hash = row.old_secret_until = None
    elif secret_hash is None:
        secret = new_secret()
        secret_hash = hashed(secret)
    before = metadata_of(row)
    await admin.visit.session.flush()
    await _keep(admin, row.id, wanted, row.source, secret_hash, token_hash=row.registration_token_hash)
    changed = await client(admin, row.id)
    fields = [name for name, value in metadata_of(changed).items() if value != before[name]]
    _record(admin, "client.changed", row.id, fields=fields)
    return changed, secret


async def _keep(
    admin: Admin,
    client_id: str,
    wanted: ClientMetadata,
    source: str,
    secret_hash: str | None,
    token_hash: str | None = None,
) -> None:
    """Raises BadOrigin, UnknownAudience."""
    require_audiences(wanted, resources(admin.visit.settings).keys())
    values = {name: getattr(wanted, name) for name in FIELDS}
    registration = clients.Registration(
        id=client_id, source=source, secret_hash=secret_hash, registration_token_hash=token_hash, **values
    )
    await clients.register(admin.visit.session, registration, admin.visit.now)


async def rotate_secret(admin: Admin, row: Client, wanted: SecretRotation) -> str:
    """A new secret. Raises KeptElsewhere, NoSecret."""
    _ours(row)
    if row.token_endpoint_auth_method not in WITH_SECRET:
        raise NoSecret
    now, secret = admin.visit.now, new_secret()
    overlaps = row.secret_hash is not None and not wanted.at_once
    row.old_secret_hash = row.secret_hash if overlaps else None
    row.old_secret_until = now + timedelta(hours=wanted.overlap_hours) if overlaps else None
    row.secret_hash, row.updated_at = hashed(secret), now
    await admin.visit.session.flush()
    _record(admin, "client.secret_rotated", row.id, at_once=wanted.at_once)
    return secret


async def disable(admin: Admin, row: Client) -> None:
    """No sign-in and no token for it from now on, and the tokens it has are told to be dead. A second time
    changes nothing. Raises KeptElsewhere."""
    _ours(row)
    if row.disabled_at is None:
        row.disabled_at = row.updated_at = admin.visit.now
        await admin.visit.session.flush()
        _record(admin, "client.disabled", row.id)


async def enable(admin: Admin, row: Client) -> None:
    """Raises KeptElsewhere."""
    _ours(row)
    if row.disabled_at is not None:
        row.disabled_at, row.updated_at = None, admin.visit.now
        await admin.visit.session.flush()
        _record(admin, "client.enabled", row.id)


async def remove(admin: Admin, row: Client, *, name: str) -> None:
    """Delete it with all that people gave it. Raises KeptElsewhere, NotConfirmed unless `name` is its id."""
    _ours(row)
    confirm(name, row.id)
    _record(admin, "client.removed", row.id)
    await admin.visit.session.flush()
    await admin.visit.session.execute(delete(Client).where(Client.id == row.id))


def _ours(row: Client) -> None:
    if row.source == "settings":
        raise KeptElsewhere


def _record(admin: Admin, event: str, client_id: str, **details: Any) -> None:
    audit.record(
        admin.visit.session,
        event,
        at=admin.visit.now,
        client_id=client_id,
        address=admin.visit.address,
        by=admin.by,
        **details,
    )
