"""The section `clients`."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select

from identity_service.audit import service as audit
from identity_service.clients import service as clients
from identity_service.clients.metadata import ClientMetadata, UnknownAudience, require_audiences
from identity_service.clients.models import Client
from identity_service.clients.names import AuthMethod
from identity_service.configuration.changes import Act, Change, differences
from identity_service.configuration.errors import BadFile, KeptElsewhere
from identity_service.configuration.schemas import AppliedClient
from identity_service.protocol.resources import resources
from identity_service.sealing import hashed, new_secret
from identity_service.visit import Visit

FIELDS = tuple(ClientMetadata.model_fields)
_WITH_SECRET = frozenset({AuthMethod.BASIC, AuthMethod.POST})


async def plan(visit: Visit, wanted: Sequence[AppliedClient]) -> list[Change]:
    """Raises KeptElsewhere for a client of the service's own settings, BadFile for an unknown audience."""
    for client in wanted:
        _require_audiences(client, resources(visit.settings).keys())
    found = await visit.session.scalars(select(Client).where(Client.id.in_([one.id for one in wanted])))
    present = {client.id: client for client in found}
    changes = [_change(client, present.get(client.id)) for client in wanted]
    return [change for change in changes if change is not None]


def _require_audiences(client: AppliedClient, known: Collection[str]) -> None:
    try:
        require_audiences(client, known)
    except UnknownAudience as wrong:
        name = wrong.fields[0].pointer.split("/")[1]
        raise BadFile(f"client {client.id}, {name}: {wrong.detail}") from None


def _change(wanted: AppliedClient, present: Client | None) -> Change | None:
    if present is not None and present.source == "settings":
        raise KeptElsewhere(f"The client {wanted.id} follows from the service's settings.")
    what = f"client {wanted.id}"
    if wanted.state == "absent":
        return Change("-", what, (), _remove(wanted.id)) if present is not None else None
    values = described(wanted)
    if present is None:
        return Change("+", what, differences(_DEFAULTS, values), _keep(wanted, makes_secret=True))
    fields = differences(described(present), values) + _secret_difference(wanted, present)
    return Change("~", what, fields, _keep(wanted, makes_secret=False)) if fields else None


def _secret_difference(wanted: AppliedClient, present: Client) -> tuple[str, ...]:
    if wanted.secret is not None:
        return () if present.secret_hash == hashed(wanted.secret) else ("secret: another",)
    return ("secret: made anew",) if _needs_secret(wanted) and not present.secret_hash else ()


def _needs_secret(wanted: AppliedClient) -> bool:
    return wanted.token_endpoint_auth_method in _WITH_SECRET


def _keep(wanted: AppliedClient, *, makes_secret: bool) -> Act:
    async def act(visit: Visit) -> Sequence[str]:
        present = await visit.session.get(Client, wanted.id)
        secret_hash = present.secret_hash if present is not None else None
        secret, said = wanted.secret, []
        if _needs_secret(wanted) and secret is None and secret_hash is None:
            secret = new_secret()
            said = [f"The secret of {wanted.id}, shown only now: {secret}"]
        if secret is not None:
            secret_hash = hashed(secret)
        if not _needs_secret(wanted):
            secret_hash = None
        values = described(wanted) | {"origins": wanted.origins}
        registration = clients.Registration(id=wanted.id, source="applied", secret_hash=secret_hash, **values)
        await clients.register(visit.session, registration, visit.now)
        _record(visit, "client.applied", wanted.id)
        return said

    return act


def _remove(client_id: str) -> Act:
    async def act(visit: Visit) -> Sequence[str]:
        client = await visit.session.get(Client, client_id)
        if client is not None:
            await visit.session.delete(client)
            _record(visit, "client.removed", client_id)
        return []

    return act


def _record(visit: Visit, event: str, client_id: str) -> None:
    audit.record(visit.session, event, at=visit.now, client_id=client_id, address=visit.address, by="file")


def described(client: AppliedClient | Client) -> dict[str, Any]:
    """The metadata as plain values, in the order of the file."""
    values = {name: getattr(client, name) for name in FIELDS}
    if values["origins"] is None:
        values["origins"] = []
    return {
        name: [str(one) for one in value] if isinstance(value, list) else value
        for name, value in values.items()
    }


async def export(visit: Visit) -> list[dict[str, Any]]:
    """Every client but those of the settings, without secrets and without what is as by default."""
    found = await visit.session.scalars(select(Client).where(Client.source != "settings").order_by(Client.id))
    return [{"id": client.id} | _unusual(client) for client in found]


def _unusual(client: Client) -> dict[str, Any]:
    return {name: value for name, value in described(client).items() if value != _DEFAULTS[name]}


def _plain(value: Any) -> Any:
    return [str(one) for one in value] if isinstance(value, list) else value


_DEFAULTS: dict[str, Any] = {
    name: None if field.is_required() else _plain(field.get_default())
    for name, field in ClientMetadata.model_fields.items()
} | {"origins": []}
