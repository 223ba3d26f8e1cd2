"""Clients as administrators see and change them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from identity_service.clients.metadata import ClientMetadata
from shared.web.asked import PageAsked

ClientId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,99}$")]


@dataclass(frozen=True, slots=True)
class ClientRow:
    """A client in a list."""

    id: str
    name: str
    source: str
    is_first_party: bool
    token_endpoint_auth_method: str
    grant_types: list[str]
    updated_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClientView:
    """A client, all but its secret. Those whose `source` is `settings` are read-only."""

    id: str
    source: str
    metadata: dict[str, Any]
    has_secret: bool
    old_secret_until: datetime | None
    created_at: datetime
    updated_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClientMade:
    """A client just made, with its secret, which is shown only now; none for one that needs none."""

    client: ClientView
    client_secret: str | None


@dataclass(frozen=True, slots=True)
class NewSecret:
    """The secret, shown only now, and until when the one before it still counts."""

    client_secret: str
    old_secret_until: datetime | None


@dataclass(frozen=True, slots=True)
class ClientsPage:
    """A page of clients, by id."""

    data: list[ClientRow]
    next_cursor: str | None


class ClientsAsked(PageAsked):
    """Which clients."""

    q: Annotated[str, Field(max_length=200, description="Part of the id or the name")] = ""
    source: Literal["settings", "applied", "admin", "registered"] | None = None


class ClientCreate(ClientMetadata):
    """A client as it shall be; without an `id` it gets a random one."""

    id: ClientId | None = None


class SecretRotation(BaseModel):
    """`at_once` when others know the secret; else it counts for `overlap_hours` more beside the new one."""

    model_config = ConfigDict(extra="forbid")

    at_once: bool = False
    overlap_hours: Annotated[int, Field(ge=1, le=168)] = 24
