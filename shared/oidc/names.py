"""Registered names of the protocols that both sides of identity use."""

from enum import StrEnum


class GrantType(StrEnum):
    """Values of `grant_type` at the token endpoint."""

    CODE = "authorization_code"
    REFRESH = "refresh_token"
    CLIENT = "client_credentials"
    DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
    EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"


class TokenKind(StrEnum):
    """Token type identifiers of RFC 8693 section 3."""

    ACCESS = "urn:ietf:params:oauth:token-type:access_token"
    JWT = "urn:ietf:params:oauth:token-type:jwt"
