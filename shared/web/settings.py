"""What every service is told by its environment."""

from typing import Annotated, Any
from urllib.parse import urlsplit

from limits import parse
from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.web.limits import Limits


def _public_url(url: str) -> str:
    """An origin without a path; http is admitted for localhost alone."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise ValueError("must be an origin such as https://community.example.com")
    if parts.scheme == "http" and parts.hostname != "localhost":
        raise ValueError("must be https: plain http is allowed for localhost only")
    return url.rstrip("/")


def _rate(rate: str) -> str:
    """Empty, or in the words of `limits.parse`."""
    if rate:
        parse(rate)
    return rate


PublicUrl = Annotated[str, AfterValidator(_public_url)]
Rate = Annotated[str, AfterValidator(_rate)]


class ServiceSettings(BaseSettings):
    """Settings that all services share. Each adds its own under its own prefix."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    identity_public_url: PublicUrl = Field("http://localhost:8000", description="Issuer of all tokens")
    identity_internal_url: str = Field(
        "", description="Where services reach identity; the public URL if empty"
    )
    development: bool = Field(False, description="Development aids such as /dev/mail; never in production")

    rate_limit_person: Rate = Field(
        "600/minute", description="Requests of one signed-in person to one process; empty for no limit"
    )
    rate_limit_address: Rate = Field("1200/minute", description="The same of all guests behind one address")
    rate_limit_sign_in: Rate = Field("60/minute", description="Attempts to sign in from one address")
    rate_limit_export: Rate = Field(
        "60/hour", description="Exports begun by one person or client, such as reading the bridge's ledger"
    )
    metrics_token: SecretStr = Field(
        SecretStr(""),
        description="Opens /metrics to callers from elsewhere (Authorization: Bearer); empty: loopback only",
    )
    trusted_proxies: str = Field(
        "",
        description="Addresses or networks of reverse proxies, by commas, whose X-Forwarded-For is believed",
    )

    @field_validator("metrics_token")
    @classmethod
    def _is_long(cls, token: SecretStr) -> SecretStr:
        if 0 < len(token.get_secret_value()) < 32:
            raise ValueError("must be at least 32 characters of random text")
        return token

    @model_validator(mode="before")
    @classmethod
    def _internal_defaults_to_public(cls, values: dict[str, Any]) -> dict[str, Any]:
        if not values.get("identity_internal_url") and values.get("identity_public_url"):
            values["identity_internal_url"] = values["identity_public_url"]
        return values


def limits_of(settings: ServiceSettings) -> Limits:
    return Limits(
        address=settings.rate_limit_address,
        person=settings.rate_limit_person,
        sign_in=settings.rate_limit_sign_in,
        export=settings.rate_limit_export,
    )


def cookie_name(service: str, public_url: str, suffix: str = "") -> str:
    """`__Host-narrowbridge-<service>` over https, else with the port, as ports share one cookie jar."""
    name = f"narrowbridge-{service}" + (f"-{suffix}" if suffix else "")
    parts = urlsplit(public_url)
    if parts.scheme == "https":
        return f"__Host-{name}"
    return f"{name}-{parts.port or 80}"
