"""What the customer service is told by its environment."""

from pydantic import Field, SecretStr

from shared.tools.composition import CommunitySettings
from shared.web.settings import LongSecret, OneSetting, PublicUrl


class Settings(CommunitySettings):
    """Names neither the other community's database nor its secrets."""

    public_url: PublicUrl = Field(validation_alias="CUSTOMER_PUBLIC_URL", description="Where people reach it")
    database_url: SecretStr = Field(
        validation_alias="CUSTOMER_DATABASE_URL", description="As the role customer_app"
    )
    database_pool_size: int = Field(
        10,
        validation_alias="CUSTOMER_DATABASE_POOL_SIZE",
        ge=2,
        le=100,
        description="Connections for writing, and as many for reading",
    )
    secret_key: LongSecret = Field(
        validation_alias="CUSTOMER_SECRET_KEY", description="Encrypts sessions, signs cursors"
    )
    client_secret: SecretStr = Field(
        validation_alias="CUSTOMER_CLIENT_SECRET", description="Of the client customer-community"
    )
    bridge_public_url: PublicUrl = Field(
        "http://localhost:8003",
        validation_alias="BRIDGE_PUBLIC_URL",
        description="The bridge, whose page says what can be shared",
    )
    name: str = Field("Northwind Community", validation_alias="CUSTOMER_NAME", description="Its name")


class OwnerSettings(OneSetting):
    """For migrations and bootstrap only: the role that owns the tables."""

    owner_url: SecretStr = Field(
        validation_alias="CUSTOMER_DATABASE_OWNER_URL", description="As the role customer_owner"
    )
