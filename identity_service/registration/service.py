"""Registering a client, and what it may do with its own registration afterwards."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import delete, or_, select

from identity_service.audit import service as audit
from identity_service.clients import service as clients
from identity_service.clients.metadata import ClientMetadata
from identity_service.clients.models import Client
from identity_service.clients.names import AuthMethod
from identity_service.registration.errors import BadToken, RegistrationRefused
from identity_service.registration.models import InitialAccessToken
from identity_service.registration.schemas import ClientRequest, described
from identity_service.sealing import hashed, new_secret
from identity_service.visit import Visit
from shared.kernel.ids import new_id

_AnyObject: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])
_WITH_SECRET = frozenset({AuthMethod.BASIC, AuthMethod.POST})


@dataclass(frozen=True, slots=True)
class Registered:
    """A client with the secrets that are shown once."""

    client: Client
    token: str
    secret: str | None

    def document(self, issuer: str) -> dict[str, Any]:
        """RFC 7591 section 3.2.1 with RFC 7592 section 3."""
        shown: dict[str, Any] = described(self.client)
        if self.secret is not None:
            shown |= {"client_secret": self.secret, "client_secret_expires_at": 0}
        address = f"{issuer}/oauth/register/{self.client.id}"
        return shown | {"registration_client_uri": address, "registration_access_token": self.token}


async def open_door(visit: Visit, *, note: str, realms: list[str], uses: int | None, life: timedelta) -> str:
    """A new initial access token, shown only now."""
    token = new_secret()
    visit.session.add(
        InitialAccessToken(
            id=new_id(),
            token_hash=hashed(token),
            note=note,
            realms=realms,
            uses_left=uses,
            created_at=visit.now,
            expires_at=visit.now + life,
        )
    )
    audit.record(
        visit.session, "registration.opened", at=visit.now, address=visit.address, note=note, realms=realms
    )
    return token


async def register(visit: Visit, token: str, body: bytes) -> Registered:
    """Raises BadToken, RegistrationRefused."""
    opened = await visit.session.scalar(
        select(InitialAccessToken)
        .where(
            InitialAccessToken.token_hash == hashed(token),
            InitialAccessToken.expires_at > visit.now,
            or_(InitialAccessToken.uses_left.is_(None), InitialAccessToken.uses_left > 0),
        )
        .with_for_update()
    )
    if opened is None:
        raise BadToken
    metadata = _metadata(visit, body, realms=opened.realms)
    if opened.uses_left is not None:
        opened.uses_left -= 1
    client_id = f"c_{secrets.token_urlsafe(16)}"
    registered = await _keep(visit, client_id, metadata, secret_hash=None)
    audit.record(
        visit.session,
        "client.registered",
        at=visit.now,
        client_id=client_id,
        address=visit.address,
        opened=str(opened.id),
    )
    return registered


async def own(visit: Visit, client_id: str, token: str) -> Client:
    """The client whose registration access token this is. Raises BadToken, also when there is no such client
    (RFC 7592 section 2.1)."""
    client = await visit.session.get(Client, client_id)
    stored = client.registration_token_hash if client is not None else None
    if not secrets.compare_digest(stored or hashed(""), hashed(token)) or client is None or stored is None:
        raise BadToken
    if client.disabled_at is not None:
        raise BadToken
    return client


async def replace(visit: Visit, client: Client, body: bytes) -> Registered:
    """RFC 7592 section 2.2: the whole of it anew. Raises RegistrationRefused."""
    asked = _json(body)
    secret = asked.get("client_secret")
    if asked.get("client_id") != client.id:
        raise RegistrationRefused("invalid_client_metadata", "client_id is missing or another")
    if secret is not None and hashed(str(secret)) != client.secret_hash:
        raise RegistrationRefused("invalid_client_metadata", "client_secret cannot be chosen")
    metadata = _metadata(visit, body, realms=client.realms)
    registered = await _keep(visit, client.id, metadata, secret_hash=client.secret_hash)
    audit.record(
        visit.session, "client.changed", at=visit.now, client_id=client.id, address=visit.address, by="itself"
    )
    return registered


async def remove(visit: Visit, client: Client) -> None:
    """RFC 7592 section 2.3: with every grant that people gave it."""
    audit.record(
        visit.session, "client.removed", at=visit.now, client_id=client.id, address=visit.address, by="itself"
    )
    await visit.session.execute(delete(Client).where(Client.id == client.id))


async def _keep(
    visit: Visit, client_id: str, metadata: ClientMetadata, *, secret_hash: str | None
) -> Registered:
    """The client as it shall be, with a new registration access token, and a secret where it needs one and
    has none."""
    token, secret = new_secret(), None
    if metadata.token_endpoint_auth_method not in _WITH_SECRET:
        secret_hash = None
    elif secret_hash is None:
        secret = new_secret()
        secret_hash = hashed(secret)
    registration = clients.Registration(
        id=client_id,
        source="registered",
        secret_hash=secret_hash,
        registration_token_hash=hashed(token),
        **metadata.model_dump(),
    )
    await clients.register(visit.session, registration, visit.now)
    client = await visit.session.get_one(Client, client_id, populate_existing=True)
    return Registered(client, token, secret)


def _json(body: bytes) -> dict[str, Any]:
    try:
        asked: dict[str, Any] = _AnyObject.validate_json(body)
    except ValidationError:
        raise RegistrationRefused("invalid_client_metadata", "The body must be a JSON object") from None
    return asked


def _metadata(visit: Visit, body: bytes, *, realms: list[str]) -> ClientMetadata:
    if "software_statement" in _json(body):
        raise RegistrationRefused("unapproved_software_statement", "Software statements are not taken")
    audiences = [visit.settings.customer_public_url]
    if "staff" in realms:
        audiences.append(visit.settings.employee_public_url)
    try:
        return ClientRequest.model_validate_json(body).metadata(realms=realms, audiences=audiences)
    except ValidationError as error:
        raise _refused(error) from None


def _refused(error: ValidationError) -> RegistrationRefused:
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(step) for step in first["loc"])
    code = "invalid_redirect_uri" if where.startswith("redirect_uris") else "invalid_client_metadata"
    reason = first["msg"].removeprefix("Value error, ")
    return RegistrationRefused(code, f"{where}: {reason}" if where else reason)
