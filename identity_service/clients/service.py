"""Which clients there are: those of our own services follow from the settings at each start."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession

from identity_service.clients.models import Client
from identity_service.clients.names import Algorithm, AuthMethod, Profile
from identity_service.clients.origins import exact_origins
from identity_service.sealing import hashed
from identity_service.settings import Settings
from shared.kernel.errors import NotFound
from shared.oidc.names import GrantType

PEOPLE = ["openid", "profile", "email", "community:read", "community:write"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A client as it shall be. The fields are those of `Client`; a client without a secret and without
    keys is a public one. None for `origins` keeps those it has."""

    id: str
    name: str
    secret_hash: str | None = None
    source: str = "settings"
    is_first_party: bool = True
    client_uri: str | None = None
    logo_uri: str | None = None
    policy_uri: str | None = None
    tos_uri: str | None = None
    contacts: list[str] = field(default_factory=list)
    token_endpoint_auth_method: str = AuthMethod.BASIC
    jwks: dict[str, Any] | None = None
    jwks_uri: str | None = None
    registration_token_hash: str | None = None
    grant_types: list[str]
    scopes: list[str] = field(default_factory=list)
    audiences: list[str] = field(default_factory=list)
    realms: list[str] = field(default_factory=list)
    redirect_uris: list[str] = field(default_factory=list)
    post_logout_redirect_uris: list[str] = field(default_factory=list)
    backchannel_logout_uri: str | None = None
    backchannel_logout_session_required: bool = False
    origins: list[str] | None = None
    machine_scopes: list[str] = field(default_factory=list)
    machine_audiences: list[str] = field(default_factory=list)
    exchange_audiences: list[str] = field(default_factory=list)
    exchange_scopes: list[str] = field(default_factory=list)
    exchange_actors: list[str] = field(default_factory=list)
    may_act: str | None = None
    serves: list[str] = field(default_factory=list)
    security_profile: str = Profile.OAUTH
    requires_pkce: bool = True
    require_pushed_authorization_requests: bool = False
    dpop_bound_access_tokens: bool = False
    rotates_refresh_tokens: bool = True
    refresh_grace_seconds: int | None = None
    default_max_age: int | None = None
    default_acr_values: list[str] = field(default_factory=list)
    id_token_alg: str = Algorithm.ES256


async def register(session: AsyncSession, wanted: Registration, now: datetime) -> None:
    """Make the client, or bring it to what it shall be. Raises `BadOrigin`."""
    values = asdict(wanted) | {"updated_at": now}
    if wanted.origins is None:
        del values["origins"]
    else:
        values["origins"] = exact_origins(wanted.origins)
    await session.execute(_upsert(*values), values)


@cache
def _upsert(*names: str) -> Insert:
    made = insert(Client)
    changed = {name: made.excluded[name] for name in names if name != "id"}
    return made.on_conflict_do_update(index_elements=["id"], set_=changed)


async def set_origins(session: AsyncSession, client_id: str, origins: Iterable[str], now: datetime) -> None:
    """From which pages this client's tokens may be used, from now on. Raises `NotFound`, `BadOrigin`."""
    changed = await session.execute(
        update(Client)
        .where(Client.id == client_id)
        .values(origins=exact_origins(origins), updated_at=now)
        .returning(Client.id)
    )
    if changed.first() is None:
        raise NotFound(f"There is no client {client_id}.")


async def register_own(session: AsyncSession, settings: Settings, now: datetime) -> None:
    """Both communities, and the command line's public client."""
    for wanted in (employee_community(settings), customer_community(settings), command_line(settings)):
        await register(session, wanted, now)


def employee_community(settings: Settings) -> Registration:
    """The inner community: signs staff in, exchanges their tokens for the bridge, follows the bridge."""
    own, bridge = settings.employee_public_url, settings.bridge_public_url
    return Registration(
        id="employee-community",
        name="Employee community",
        secret_hash=hashed(settings.employee_client_secret.get_secret_value()),
        grant_types=[GrantType.CODE, GrantType.REFRESH, GrantType.CLIENT, GrantType.EXCHANGE],
        scopes=PEOPLE,
        audiences=[own],
        realms=["staff"],
        redirect_uris=[f"{own}/sign-in/callback"],
        post_logout_redirect_uris=[f"{own}/"],
        machine_scopes=["bridge:changes", "bridge:ledger"],
        machine_audiences=[bridge],
        exchange_audiences=[bridge],
        exchange_scopes=["bridge:read", "bridge:reply"],
        serves=[own],
        jwks=settings.employee_jwks,
    )


def customer_community(settings: Settings) -> Registration:
    """The outer community: signs customers in, and staff who manage it."""
    own = settings.customer_public_url
    return Registration(
        id="customer-community",
        name="Customer community",
        secret_hash=hashed(settings.customer_client_secret.get_secret_value()),
        grant_types=[GrantType.CODE, GrantType.REFRESH],
        scopes=PEOPLE,
        audiences=[own],
        realms=["customer", "staff"],
        redirect_uris=[f"{own}/sign-in/callback"],
        post_logout_redirect_uris=[f"{own}/"],
        serves=[own],
    )


def command_line(settings: Settings) -> Registration:
    """Scripts and tools on a person's own machine: public, PKCE, an address on the loopback (RFC 8252), or
    where there is no browser the device flow (RFC 8628)."""
    return Registration(
        id="narrowbridge-cli",
        name="Narrowbridge command line",
        token_endpoint_auth_method=AuthMethod.NONE,
        grant_types=[GrantType.CODE, GrantType.REFRESH, GrantType.DEVICE],
        scopes=[*PEOPLE, "identity:admin"],
        audiences=[
            settings.customer_public_url,
            settings.employee_public_url,
            settings.identity_public_url,
        ],
        realms=["customer", "staff"],
        redirect_uris=["http://127.0.0.1/callback", "http://[::1]/callback", "http://localhost/callback"],
    )


def integrator(settings: Settings, client_id: str, client_secret: str) -> Registration:
    """Another company's program that follows the bridge: client credentials, and nothing of people."""
    return Registration(
        id=client_id,
        name=client_id,
        secret_hash=hashed(client_secret),
        grant_types=[GrantType.CLIENT],
        machine_scopes=["bridge:read", "bridge:changes", "bridge:ledger"],
        machine_audiences=[settings.bridge_public_url],
        is_first_party=False,
    )
