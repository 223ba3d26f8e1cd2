"""A provider of SAML, as its metadata describe it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Described:
    """A provider, as its metadata describe it. Each of the certificates (DER as base64) may sign: there are
    several while it changes from one to the next."""

    issuer: str
    sign_in_url: str
    certificates: tuple[str, ...]
    wants_signed_requests: bool
    valid_until: datetime | None


class BadMetadata(Exception):
    """Metadata that cannot be used. The text continues a sentence that begins with «they»."""
