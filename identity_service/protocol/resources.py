"""The services for which tokens are made (RFC 8707), and what their scopes are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from identity_service.settings import Settings

OPENID_SCOPES = frozenset({"openid", "profile", "email", "address", "phone", "offline_access"})
COMMUNITY_SCOPES = frozenset({"community:read", "community:write"})
BRIDGE_SCOPES = frozenset({"bridge:read", "bridge:reply", "bridge:changes", "bridge:ledger"})

ADMIN_SCOPE = "identity:admin"
"""To manage people, clients and policies: good for nothing unless the person is an administrator."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One audience. `realms` are those whose people may hold a token for it directly; none for the bridge,
    which people reach by token exchange alone."""

    audience: str
    scopes: frozenset[str]
    realms: frozenset[str]


@dataclass(frozen=True, slots=True)
class ExchangeRule:
    """What a person must have for a scope to be exchanged: a role, and a scope of the subject token.

    So a token that may only read cannot be turned into one that answers customers.
    """

    role: str
    subject_scope: str


EXCHANGE_RULES = {
    "bridge:read": ExchangeRule("customer_facing", "community:read"),
    "bridge:reply": ExchangeRule("customer_facing", "community:write"),
}
BY_ASSERTION = frozenset({"bridge:reply"})
"""What a service may get for an author who is not there: the delivery of a queued reply, no reading."""


def resources(settings: Settings) -> Mapping[str, Resource]:
    """Every audience there is, by its identifier."""
    return _resources(
        settings.employee_public_url,
        settings.customer_public_url,
        settings.bridge_public_url,
        provisioning(settings),
        settings.identity_public_url,
        about_people(settings),
    )


@lru_cache
def _resources(
    employee: str, customer: str, bridge: str, scim: str, identity: str, userinfo: str
) -> Mapping[str, Resource]:
    known = (
        Resource(employee, COMMUNITY_SCOPES, frozenset({"staff"})),
        Resource(customer, COMMUNITY_SCOPES, frozenset({"staff", "customer"})),
        Resource(bridge, BRIDGE_SCOPES, frozenset()),
        Resource(scim, frozenset({"scim"}), frozenset()),
        Resource(identity, frozenset({ADMIN_SCOPE}), frozenset({"staff"})),
        Resource(userinfo, frozenset(), frozenset({"staff", "customer"})),
    )
    return MappingProxyType({resource.audience: resource for resource in known})


def about_people(settings: Settings) -> str:
    """The audience of tokens for clients that only want to know who somebody is: UserInfo, nothing else."""
    return f"{settings.issuer}/oauth/userinfo"


def provisioning(settings: Settings) -> str:
    """The audience of tokens for directories that provision staff."""
    return f"{settings.issuer}/scim/v2"


def joined(scopes: Iterable[str]) -> str:
    """Scopes in the one order in which we write them."""
    return " ".join(sorted(scopes))
