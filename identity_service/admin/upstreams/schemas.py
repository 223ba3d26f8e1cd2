"""Providers upstream as administrators see and change them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from identity_service.upstreams.schemas import OIDC, SAML, SamlSettings, UpstreamId, UpstreamSettings

Secret = Annotated[
    str | None, Field(min_length=8, max_length=500, description="Without it the one that is kept stays")
]


@dataclass(frozen=True, slots=True)
class UpstreamRow:
    """A provider in a list."""

    id: str
    kind: str
    realm: str
    title: str
    issuer: str
    is_enabled: bool
    people: int


@dataclass(frozen=True, slots=True)
class UpstreamView:
    """A provider, all but its secret. `redirect_uri` is where it answers, and is registered there; one of
    SAML is given our metadata, at `metadata_url`. `people` are connected with it."""

    id: str
    kind: str
    settings: UpstreamSettings | SamlSettings
    has_secret: bool
    redirect_uri: str
    metadata_url: str | None
    people: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class UpstreamList:
    """All providers, by id."""

    data: list[UpstreamRow]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and what is wrong with it, in words; nothing where it is as it should
    be."""

    what: str
    wrong: str | None


@dataclass(frozen=True, slots=True)
class UpstreamTest:
    """What came of asking a provider what it says about itself."""

    is_good: bool
    findings: list[Finding]


class UpstreamChange(UpstreamSettings):
    """A provider of OpenID Connect as it shall be."""

    secret: Secret = None


class UpstreamCreate(UpstreamChange):
    """A new provider of OpenID Connect. The id stands in its redirect address and never changes."""

    id: UpstreamId


class SamlChange(SamlSettings):
    """A provider of SAML 2.0 as it shall be. Our key for it is made here."""

    kind: Literal["saml"] = SAML


class SamlCreate(SamlChange):
    """A new provider of SAML 2.0. The id stands in its addresses and never changes."""

    id: UpstreamId


Change = UpstreamChange | SamlChange
Create = UpstreamCreate | SamlCreate


def settings_in(wanted: Change) -> UpstreamSettings | SamlSettings:
    """What is said of a provider, without its id and secret."""
    model = UpstreamSettings if wanted.kind == OIDC else SamlSettings
    return model(**wanted.model_dump(include=set(model.model_fields)))
