"""Refusals of the registration endpoints (RFC 7591 section 3.2.2)."""


class RegistrationRefused(Exception):
    """`error` is one of the codes of the RFC."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error, self.description = error, description


class BadToken(Exception):
    """No token, or one that is not good (any more)."""
