"""The one place where the launcher names the services: where they listen and what they see."""

from dataclasses import dataclass
from typing import Any

BRIDGE_ON = "customer"
"""Whose database the bridge's role reads."""

SIGNING_KEY = "EMPLOYEE_SIGNING_KEY"
SIGNING_KEYS_PUBLIC = "IDENTITY_EMPLOYEE_JWKS"

COMMON = (
    "DEVELOPMENT",
    "IDENTITY_PUBLIC_URL",
    "IDENTITY_INTERNAL_URL",
    "DATABASE_STATEMENT_SECONDS",
    "DATABASE_LOCK_SECONDS",
    "DATABASE_IDLE_SECONDS",
    "RATE_LIMIT_PERSON",
    "RATE_LIMIT_ADDRESS",
    "RATE_LIMIT_CLIENT",
    "RATE_LIMIT_SIGN_IN",
    "RATE_LIMIT_EXPORT",
    "METRICS_TOKEN",
    "TRUSTED_PROXIES",
    "TLS_CERTIFICATE_FILE",
    "TLS_KEY_FILE",
)


@dataclass(frozen=True)
class Service:
    """A program: its module, its port above the base, and the variables it may see.

    Beside these it sees what the caller sets under its own name, such as its pool's size.
    """

    name: str
    module: str
    port: int
    sees: tuple[str, ...]
    worker: bool = True
    optional: tuple[str, ...] = ()

    @property
    def has_database(self) -> bool:
        return self.worker

    def owns(self, variable: str) -> bool:
        return variable.startswith(f"{self.name.upper()}_") and variable != self.owner_url_variable

    @property
    def url_variable(self) -> str:
        return f"{self.name.upper()}_DATABASE_URL"

    @property
    def owner_url_variable(self) -> str:
        """Given to its migrations only."""
        return f"{self.name.upper()}_DATABASE_OWNER_URL"


IDENTITY = Service(
    "identity",
    "identity_service",
    0,
    sees=(
        "IDENTITY_DATABASE_URL",
        "IDENTITY_SECRET_KEY",
        "EMPLOYEE_PUBLIC_URL",
        "CUSTOMER_PUBLIC_URL",
        "BRIDGE_PUBLIC_URL",
        "EMPLOYEE_CLIENT_SECRET",
        "CUSTOMER_CLIENT_SECRET",
        "DEMO_CRM_CLIENT_SECRET",
        "IDENTITY_EMPLOYEE_JWKS",
    ),
    optional=(
        "SMTP_URL",
        "MAIL_FROM",
        "MAIL_FOLDER",
        "CUSTOMER_REGISTRATION",
        "ACCESS_TOKEN_SECONDS",
        "SIGNING_KEY_DAYS",
        "AUDIT_DAYS",
        "EXCHANGED_TOKEN_SECONDS",
        "REFRESH_GRACE_SECONDS",
        "STAFF_SESSION_HOURS",
        "STAFF_IDLE_HOURS",
        "CUSTOMER_SESSION_DAYS",
        "CUSTOMER_IDLE_DAYS",
    ),
)

SERVICES = (
    IDENTITY,
    Service(
        "employee",
        "employee_service",
        1,
        sees=(
            "EMPLOYEE_DATABASE_URL",
            "EMPLOYEE_SECRET_KEY",
            "EMPLOYEE_PUBLIC_URL",
            "EMPLOYEE_CLIENT_SECRET",
            "EMPLOYEE_SIGNING_KEY",
            "BRIDGE_PUBLIC_URL",
            "BRIDGE_INTERNAL_URL",
        ),
        optional=("BRIDGE_INTERNAL_DOMAINS",),
    ),
    Service(
        "customer",
        "customer_service",
        2,
        sees=(
            "CUSTOMER_DATABASE_URL",
            "CUSTOMER_SECRET_KEY",
            "CUSTOMER_PUBLIC_URL",
            "CUSTOMER_CLIENT_SECRET",
            "BRIDGE_PUBLIC_URL",
            "BRIDGE_ENABLED",
        ),
    ),
    Service(
        "bridge",
        "customer_service.bridge",
        3,
        sees=(
            "BRIDGE_DATABASE_URL",
            "BRIDGE_SECRET_KEY",
            "BRIDGE_PUBLIC_URL",
            "BRIDGE_INTERNAL_URL",
            "BRIDGE_ENABLED",
            "CUSTOMER_PUBLIC_URL",
        ),
        worker=False,
    ),
)

SECRETS = (
    "IDENTITY_SECRET_KEY",
    "EMPLOYEE_SECRET_KEY",
    "CUSTOMER_SECRET_KEY",
    "BRIDGE_SECRET_KEY",
    "EMPLOYEE_CLIENT_SECRET",
    "CUSTOMER_CLIENT_SECRET",
    "DEMO_CRM_CLIENT_SECRET",
)

DEMO_CLIENT = "demo-crm"
DEMO_CLIENT_SECRET = "DEMO_CRM_CLIENT_SECRET"  # noqa: S105 # a variable's name

ADDRESSES = (
    ("employee", "The inside: colleagues only"),
    ("customer", "The outside: customers and partners, readable without an account"),
    ("identity", "Accounts and sign-in"),
    ("bridge", "The bridge, for integrators"),
)


@dataclass(frozen=True)
class DemoAccount:
    """Somebody who may sign in to a demonstration; the password is made when it is first needed."""

    realm: str
    email: str
    name: str
    title: str
    roles: tuple[str, ...] = ()
    organisation: str | None = None
    partner: bool = False

    def record(self, password: str) -> dict[str, Any]:
        """What ``python -m identity_service demo`` reads."""
        organisation = {"name": self.organisation, "partner": self.partner} if self.organisation else None
        return {
            "realm": self.realm,
            "email": self.email,
            "name": self.name,
            "title": self.title,
            "password": password,
            "roles": list(self.roles),
            "organisation": organisation,
        }


DEMO_ACCOUNTS = (
    DemoAccount(
        "staff", "maja@narrowbridge.example", "Maja Lind", "community manager", ("community_manager",)
    ),
    DemoAccount(
        "staff", "tomas@narrowbridge.example", "Tomas Berg", "customer-facing employee", ("customer_facing",)
    ),
    DemoAccount("staff", "ines@narrowbridge.example", "Ines Marques", "employee"),
    DemoAccount(
        "customer", "ana@riverside.example", "Ana Petrova", "customer", organisation="Riverside Bikes"
    ),
    DemoAccount("customer", "jonas@hillfarm.example", "Jonas Keller", "customer", organisation="Hill Farm"),
    DemoAccount(
        "customer",
        "priya@fieldworks.example",
        "Priya Nair",
        "partner",
        organisation="Fieldworks Integration",
        partner=True,
    ),
)
