"""Registered values that a client's settings take."""

from enum import StrEnum


class AuthMethod(StrEnum):
    """How a client proves itself (RFC 7591 section 2, OpenID Connect Core section 9)."""

    NONE = "none"
    BASIC = "client_secret_basic"
    POST = "client_secret_post"
    KEY = "private_key_jwt"


class Algorithm(StrEnum):
    """How id_tokens are signed."""

    ES256 = "ES256"
    RS256 = "RS256"


class Profile(StrEnum):
    """Which set of rules a client keeps; `FAPI2` is the FAPI 2.0 Security Profile."""

    OAUTH = "oauth"
    FAPI2 = "fapi2"
