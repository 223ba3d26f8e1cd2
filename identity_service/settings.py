"""What the identity service is told by its environment."""

import json
from datetime import timedelta
from typing import Any

from pydantic import Field, SecretStr, field_validator

from shared.web.settings import LongSecret, OneSetting, PublicUrl, ServiceSettings


class Settings(ServiceSettings):
    """Names are those of the environment, in lower case."""

    identity_database_url: SecretStr = Field(description="Database of identity, as the role identity_app")
    identity_secret_key: LongSecret = Field(description="At least 32 random bytes; encrypts private keys")

    identity_name: str = Field("Northwind accounts", description="Its name, on the pages")

    employee_public_url: PublicUrl = Field("http://localhost:8001", description="The inner community")
    customer_public_url: PublicUrl = Field("http://localhost:8002", description="The outer community")
    bridge_public_url: PublicUrl = Field("http://localhost:8003", description="The bridge, as an audience")
    employee_client_secret: LongSecret = Field(description="Secret of the client employee-community")
    customer_client_secret: LongSecret = Field(description="Secret of the client customer-community")
    identity_employee_jwks: str = Field(
        "", description="Public keys (JWKS) by which the inner community signs for authors of queued replies"
    )

    demo_crm_client_secret: SecretStr = Field(
        SecretStr(""), description="Secret of the demonstration's integrator demo-crm"
    )

    mail_from: str = Field("Narrowbridge <no-reply@localhost>", description="Sender of identity's mail")
    smtp_url: SecretStr = Field(
        SecretStr(""),
        description="smtp://user:password@host:587 (STARTTLS unless it ends in ?starttls=no) or smtps://…; "
        "without it mail is kept, not sent",
    )
    mail_folder: str = Field("", description="Folder into which mail that is kept is written too, as .eml")

    customer_registration: bool | None = Field(
        None, description="Whether customers may open accounts by themselves; empty: in development only"
    )

    identity_private_hosts: str = Field(
        "",
        description="Hosts (host or host:port), comma-separated, that addresses named by clients may lead to "
        "although they are private or loopback; plain http is admitted there too",
    )

    identity_scim_roles: str = Field(
        "community_manager,customer_facing",
        description="Roles, comma-separated, that a directory may give and take over SCIM",
    )
    identity_scim_invites: bool = Field(
        False, description="Whether whom a directory adds is sent a link to set a password"
    )
    identity_scim_purges: bool = Field(
        False,
        description="Whether whom a directory deletes is deleted for good rather than shut out and hidden",
    )

    access_token_seconds: int = Field(600, ge=60, le=600, description="Life of an access token")
    signing_key_days: int = Field(90, ge=1, le=365, description="How long a signing key signs")
    exchanged_token_seconds: int = Field(300, ge=30, le=300, description="Life of an exchanged token")
    refresh_grace_seconds: int = Field(
        10, ge=0, le=60, description="How long a refresh token just used may come again in parallel"
    )
    staff_session_hours: int = Field(12, ge=1, le=24, description="Absolute end of a staff session")
    staff_idle_hours: int = Field(4, ge=1, le=24, description="A staff session ends after so much idleness")
    customer_session_days: int = Field(30, ge=1, le=90, description="Absolute end of a customer session")
    customer_idle_days: int = Field(14, ge=1, le=90, description="A customer session ends after idleness")

    audit_days: int = Field(400, ge=31, description="How long the audit log is kept; older rows are cut off")

    @field_validator("identity_secret_key", "employee_client_secret", "customer_client_secret")
    @classmethod
    def _is_long(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < 32:
            raise ValueError("must be at least 32 characters of random text")
        return value

    @field_validator("customer_registration", mode="before")
    @classmethod
    def _is_given(cls, value: Any) -> Any:
        return None if value == "" else value

    @field_validator("identity_employee_jwks")
    @classmethod
    def _is_key_set(cls, value: str) -> str:
        if value:
            document = json.loads(value)
            if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
                raise ValueError('must be a JSON Web Key Set: {"keys": [...]}')
            if any("d" in key for key in document["keys"]):
                raise ValueError("must hold public keys only")
        return value

    @property
    def issuer(self) -> str:
        return self.identity_public_url

    @property
    def employee_jwks(self) -> dict[str, Any] | None:
        return json.loads(self.identity_employee_jwks) if self.identity_employee_jwks else None

    @property
    def customers_may_register(self) -> bool:
        return self.development if self.customer_registration is None else self.customer_registration

    @property
    def reachable_private_hosts(self) -> frozenset[str]:
        return frozenset(
            filter(None, (part.strip().lower() for part in self.identity_private_hosts.split(",")))
        )

    @property
    def scim_roles(self) -> frozenset[str]:
        return frozenset(filter(None, (part.strip() for part in self.identity_scim_roles.split(","))))

    def session_life(self, realm: str) -> tuple[timedelta, timedelta]:
        """Idle and absolute limits of a session in `realm`."""
        if realm == "staff":
            return timedelta(hours=self.staff_idle_hours), timedelta(hours=self.staff_session_hours)
        return timedelta(days=self.customer_idle_days), timedelta(days=self.customer_session_days)


class OwnerSettings(OneSetting):
    """For migrations and bootstrap only: the role that owns the tables."""

    identity_database_owner_url: SecretStr = Field(
        description="Database of identity, as the role identity_owner"
    )
