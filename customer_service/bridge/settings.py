"""What the bridge is told by its environment. It names no database but the views it may read."""

from pydantic import Field, SecretStr

from shared.bridge.inner import endings_of
from shared.web.settings import INTERNAL_DOMAINS, LongSecret, PublicUrl, ServiceSettings


class Settings(ServiceSettings):
    public_url: PublicUrl = Field(
        validation_alias="BRIDGE_PUBLIC_URL", description="Where it is reached; the audience of its tokens"
    )
    database_url: SecretStr = Field(
        validation_alias="BRIDGE_DATABASE_URL", description="As the role customer_bridge"
    )
    database_pool_size: int = Field(
        10,
        validation_alias="BRIDGE_DATABASE_POOL_SIZE",
        ge=2,
        le=100,
        description="Connections for writing, and as many for reading",
    )
    secret_key: LongSecret = Field(
        validation_alias="BRIDGE_SECRET_KEY", description="Signs cursors and disguises who called"
    )
    enabled: bool = Field(True, validation_alias="BRIDGE_ENABLED", description="false closes the bridge")
    community_url: PublicUrl = Field(
        "http://localhost:8002",
        validation_alias="CUSTOMER_PUBLIC_URL",
        description="The customers' community, to which the bridge's pages lead back",
    )
    internal_domains: str = Field(
        INTERNAL_DOMAINS,
        validation_alias="BRIDGE_INTERNAL_DOMAINS",
        description="Endings of host names that must not go outside, separated by commas",
    )

    @property
    def internal_endings(self) -> tuple[str, ...]:
        return endings_of(self.internal_domains)
