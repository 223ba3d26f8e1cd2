"""Times as SAML writes them (Core section 1.3.3): in UTC, and said so."""

from datetime import UTC, datetime, timedelta


def instant(text: str) -> datetime:
    """Raises ValueError."""
    at = datetime.fromisoformat(text.strip())
    if at.utcoffset() != timedelta(0):
        raise ValueError("not UTC")
    return at.astimezone(UTC)
