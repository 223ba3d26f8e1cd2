"""The table of clients."""

from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.base import Base


class Client(Base):
    """A client of OAuth. A public one has no `secret_hash`.

    What it may ask for comes three times: `audiences` and `scopes` for a person who signs in, `machine_…`
    for itself (client credentials), `exchange_…` for a person whose token it holds (token exchange). The
    first audience is the default. `realms` are those whose people it admits, the first being the default.
    `assertion_jwks` are the keys with which it signs for people who are not there. `origins` are the web
    pages (scheme://host[:port]) whose scripts may read with its tokens (CORS).
    """

    __tablename__ = "clients"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    secret_hash: Mapped[str | None]
    is_first_party: Mapped[bool]
    grant_types: Mapped[list[str]]
    scopes: Mapped[list[str]]
    audiences: Mapped[list[str]]
    realms: Mapped[list[str]]
    redirect_uris: Mapped[list[str]]
    post_logout_redirect_uris: Mapped[list[str]]
    machine_scopes: Mapped[list[str]]
    machine_audiences: Mapped[list[str]]
    exchange_audiences: Mapped[list[str]]
    exchange_scopes: Mapped[list[str]]
    assertion_jwks: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    origins: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    requires_pkce: Mapped[bool]
    rotates_refresh_tokens: Mapped[bool]
    id_token_alg: Mapped[str]
    updated_at: Mapped[datetime]


MODELS = (Client,)
