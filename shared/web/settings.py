"""What every service is told by its environment."""

from dataclasses import replace
from functools import lru_cache
from typing import Annotated, Final
from urllib.parse import urlsplit

from limits import parse
from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.db.engine import TimeLimits
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


def _long(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < 32:
        raise ValueError("must be at least 32 characters of random text")
    return secret


PublicUrl = Annotated[str, AfterValidator(_public_url)]
INTERNAL_DOMAINS: Final = "internal,intranet,local,lan,corp,home.arpa"
"""Endings of host names that are internal, unless the installation says which."""
LongSecret = Annotated[SecretStr, AfterValidator(_long)]
Rate = Annotated[str, AfterValidator(_rate)]


class OneSetting(BaseSettings):
    """What a command is told that needs nothing of its service's own settings."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)


class ServiceSettings(BaseSettings):
    """Settings that all services share. Each adds its own under its own prefix."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    identity_public_url: PublicUrl = Field("http://localhost:8000", description="Issuer of all tokens")
    identity_internal_url: str = Field(
        "", description="Where services reach identity; the public URL if empty"
    )
    development: bool = Field(False, description="Development aids such as /dev/mail; never in production")

    database_statement_seconds: float = Field(
        30, ge=0, description="What one statement may take in a service; 0 for no limit. Workers have none"
    )
    database_lock_seconds: float = Field(10, ge=0, description="What a statement may wait for a lock")
    database_idle_seconds: float = Field(
        60, ge=0, description="How long a transaction may say nothing before PostgreSQL ends it"
    )

    rate_limit_person: Rate = Field(
        "600/minute", description="Requests of one signed-in person to one process; empty for no limit"
    )
    rate_limit_address: Rate = Field("1200/minute", description="The same of all guests behind one address")
    rate_limit_client: Rate = Field(
        "1200/minute", description="Requests of one program, for itself, to one process"
    )
    rate_limit_sign_in: Rate = Field("60/minute", description="Attempts to sign in from one address")
    rate_limit_export: Rate = Field(
        "60/hour", description="Exports begun by one person or client, such as reading the bridge's ledger"
    )
    metrics_token: SecretStr = Field(
        SecretStr(""),
        description="Opens /metrics to callers from elsewhere (Authorization: Bearer); empty: loopback only",
    )
    tls_certificate_file: str = Field(
        "", description="File with the certificate (PEM) to speak HTTPS by itself; empty behind a proxy"
    )
    tls_key_file: str = Field("", description="File with that certificate's private key (PEM)")
    trusted_proxies: str = Field(
        "",
        description="Addresses or networks of reverse proxies, by commas, whose X-Forwarded-For is believed",
    )

    @field_validator("metrics_token")
    @classmethod
    def _is_long(cls, token: SecretStr) -> SecretStr:
        return _long(token) if token.get_secret_value() else token

    @field_validator("identity_internal_url")
    @classmethod
    def _public_if_empty(cls, url: str, info: ValidationInfo) -> str:
        """The public URL as it is told or by default; it comes before, and is absent when it was refused."""
        return url.rstrip("/") or str(info.data.get("identity_public_url", ""))

    @property
    def time_limits(self) -> TimeLimits:
        return TimeLimits(
            statement=self.database_statement_seconds,
            lock=self.database_lock_seconds,
            idle=self.database_idle_seconds,
        )

    @property
    def worker_time_limits(self) -> TimeLimits:
        """Tidying up may take long; holding others up may not."""
        return replace(self.time_limits, statement=0)


def limits_of(settings: ServiceSettings) -> Limits:
    return Limits(
        address=settings.rate_limit_address,
        person=settings.rate_limit_person,
        sign_in=settings.rate_limit_sign_in,
        export=settings.rate_limit_export,
        client=settings.rate_limit_client,
    )


@lru_cache
def cookie_name(service: str, public_url: str, suffix: str = "") -> str:
    """`__Host-narrowbridge-<service>` over https, else with the port, as ports share one cookie jar."""
    name = f"narrowbridge-{service}" + (f"-{suffix}" if suffix else "")
    parts = urlsplit(public_url)
    if parts.scheme == "https":
        return f"__Host-{name}"
    return f"{name}-{parts.port or 80}"
