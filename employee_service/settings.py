"""What the employee service is told by its environment."""

from pydantic import Field, SecretStr

from shared.tools.composition import CommunitySettings
from shared.web.settings import INTERNAL_DOMAINS, LongSecret, OneSetting, PublicUrl


class Settings(CommunitySettings):
    """Names neither the other community's database nor its secrets."""

    public_url: PublicUrl = Field(validation_alias="EMPLOYEE_PUBLIC_URL", description="Where people reach it")
    database_url: SecretStr = Field(
        validation_alias="EMPLOYEE_DATABASE_URL", description="As the role employee_app"
    )
    database_pool_size: int = Field(
        10,
        validation_alias="EMPLOYEE_DATABASE_POOL_SIZE",
        ge=2,
        le=100,
        description="Connections for writing, and as many for reading",
    )
    secret_key: LongSecret = Field(
        validation_alias="EMPLOYEE_SECRET_KEY", description="Encrypts sessions, signs cursors"
    )
    client_secret: SecretStr = Field(
        validation_alias="EMPLOYEE_CLIENT_SECRET", description="Of the client employee-community"
    )
    signing_key: SecretStr = Field(
        validation_alias="EMPLOYEE_SIGNING_KEY",
        description="Private EC P-256 key as JWK; vouches for the author of a queued answer",
    )
    bridge_public_url: PublicUrl = Field(
        "http://localhost:8003",
        validation_alias="BRIDGE_PUBLIC_URL",
        description="The bridge, as its tokens name it",
    )
    bridge_internal_url: str = Field(
        "",
        validation_alias="BRIDGE_INTERNAL_URL",
        description="Where this service reaches the bridge; the public URL if empty",
    )
    internal_domains: str = Field(
        INTERNAL_DOMAINS,
        validation_alias="BRIDGE_INTERNAL_DOMAINS",
        description="Endings of host names that must not go outside, separated by commas",
    )
    name: str = Field("Northwind Inside", validation_alias="EMPLOYEE_NAME", description="Its name")


class OwnerSettings(OneSetting):
    """For migrations and bootstrap only: the role that owns the tables."""

    owner_url: SecretStr = Field(
        validation_alias="EMPLOYEE_DATABASE_OWNER_URL", description="As the role employee_owner"
    )
