"""The table of clients."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.base import Base
from identity_service.clients.names import AuthMethod


def live_secrets(
    secret_hash: str | None, old_hash: str | None, old_until: datetime | None, now: datetime
) -> list[str]:
    """The present secret, and the one before it while both are good."""
    is_old_live = old_until is not None and old_until > now
    return [stored for stored in (secret_hash, old_hash if is_old_live else None) if stored is not None]


class Client(Base):
    """A client of OAuth, with the metadata of RFC 7591 under the names used there where there are some.

    What it may ask for comes three times: `audiences` and `scopes` for a person who signs in, `machine_…`
    for itself (client credentials), `exchange_…` for a person whose token it holds (token exchange). The
    first audience is the default. `serves` are the audiences whose tokens it may introspect. `realms` are
    those whose people it admits, the first being the default. `jwks` are the keys with which it signs: its
    client assertions, and what it says for people who are not there. `origins` are the web pages
    (scheme://host[:port]) whose scripts may read with its tokens (CORS).

    `exchange_actors` are the clients whose delegated tokens it may exchange in its turn, so that they act for
    the person through it; `may_act` is the one client that may exchange the tokens made for this one (RFC
    8693 section 4.4), anybody on the lists when it is empty.

    After its secret was changed, `old_secret_hash` still counts until `old_secret_until`.

    `source` says who keeps it: the service's settings, a file that was applied, an administrator, or the
    client itself by dynamic registration (whose `registration_token_hash` lets it change its own row).
    """

    __tablename__ = "clients"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    source: Mapped[str] = mapped_column(server_default=text("'settings'"))
    is_first_party: Mapped[bool]
    client_uri: Mapped[str | None]
    logo_uri: Mapped[str | None]
    policy_uri: Mapped[str | None]
    tos_uri: Mapped[str | None]
    contacts: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))

    token_endpoint_auth_method: Mapped[str] = mapped_column(server_default=text("'client_secret_basic'"))
    secret_hash: Mapped[str | None]
    old_secret_hash: Mapped[str | None]
    old_secret_until: Mapped[datetime | None]
    jwks: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    jwks_uri: Mapped[str | None]
    registration_token_hash: Mapped[str | None]

    grant_types: Mapped[list[str]]
    scopes: Mapped[list[str]]
    audiences: Mapped[list[str]]
    realms: Mapped[list[str]]
    redirect_uris: Mapped[list[str]]
    post_logout_redirect_uris: Mapped[list[str]]
    backchannel_logout_uri: Mapped[str | None]
    backchannel_logout_session_required: Mapped[bool] = mapped_column(server_default=text("false"))
    origins: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    machine_scopes: Mapped[list[str]]
    machine_audiences: Mapped[list[str]]
    exchange_audiences: Mapped[list[str]]
    exchange_scopes: Mapped[list[str]]
    exchange_actors: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    may_act: Mapped[str | None]
    serves: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))

    security_profile: Mapped[str] = mapped_column(server_default=text("'oauth'"))
    requires_pkce: Mapped[bool]
    require_pushed_authorization_requests: Mapped[bool] = mapped_column(server_default=text("false"))
    dpop_bound_access_tokens: Mapped[bool] = mapped_column(server_default=text("false"))
    rotates_refresh_tokens: Mapped[bool]
    refresh_grace_seconds: Mapped[int | None]
    default_max_age: Mapped[int | None]
    default_acr_values: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    id_token_alg: Mapped[str]

    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    updated_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]

    def secrets_at(self, now: datetime) -> list[str]:
        """The hashes of the secrets that are good at this moment."""
        return live_secrets(self.secret_hash, self.old_secret_hash, self.old_secret_until, now)

    @property
    def is_public(self) -> bool:
        """It keeps no secret, so nobody can be sure that it is what it says (OAuth 2.1 section 2.1)."""
        return self.token_endpoint_auth_method == AuthMethod.NONE

    __table_args__ = (
        CheckConstraint("source in ('settings', 'applied', 'admin', 'registered')", name="source"),
        CheckConstraint("security_profile in ('oauth', 'fapi2')", name="security_profile"),
        CheckConstraint(
            "token_endpoint_auth_method in "
            "('none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt')",
            name="token_endpoint_auth_method",
        ),
    )


MODELS = (Client,)
