"""Registered names of the protocols that both sides of identity use."""

from enum import StrEnum
from typing import Final

AUTHOR_GONE: Final = "the author is not here any more"
MAY_NOTHING: Final = "the person may have none of these scopes there"
"""In `error_description` of a refused token exchange: it is about the person, and asking again is in vain.
RFC 8693 section 2.2.2 knows only `invalid_request` for whatever is wrong with a subject token: a service that
signs with a wrong key or by a wrong clock is told the same code."""


class GrantType(StrEnum):
    """Values of `grant_type` at the token endpoint."""

    CODE = "authorization_code"
    REFRESH = "refresh_token"
    CLIENT = "client_credentials"
    DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
    EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"


class EventKind(StrEnum):
    """Security events by their names at the OpenID Foundation (CAEP 1.0 and RISC 1.0): the keys of `events`
    in a security event token."""

    SESSION_REVOKED = "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
    CLAIMS_CHANGED = "https://schemas.openid.net/secevent/caep/event-type/token-claims-change"
    DISABLED = "https://schemas.openid.net/secevent/risc/event-type/account-disabled"
    ENABLED = "https://schemas.openid.net/secevent/risc/event-type/account-enabled"
    PURGED = "https://schemas.openid.net/secevent/risc/event-type/account-purged"


class TokenKind(StrEnum):
    """Token type identifiers of RFC 8693 section 3."""

    ACCESS = "urn:ietf:params:oauth:token-type:access_token"
    JWT = "urn:ietf:params:oauth:token-type:jwt"


class Acr(StrEnum):
    """How well a person proved who they are, weakest first. A stronger level satisfies a weaker demand."""

    ONE = "urn:narrowbridge:acr:1"
    TWO = "urn:narrowbridge:acr:2"

    @property
    def strength(self) -> int:
        return list(Acr).index(self)
