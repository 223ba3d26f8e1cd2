"""Event types, by their names at the OpenID Foundation (CAEP 1.0 and RISC 1.0)."""

from enum import StrEnum

_CAEP = "https://schemas.openid.net/secevent/caep/event-type/"
_RISC = "https://schemas.openid.net/secevent/risc/event-type/"


class EventKind(StrEnum):
    """Values of `security_events.kind` and keys of `events` in a security event token."""

    SESSION_REVOKED = _CAEP + "session-revoked"
    CLAIMS_CHANGED = _CAEP + "token-claims-change"
    DISABLED = _RISC + "account-disabled"
    ENABLED = _RISC + "account-enabled"
    PURGED = _RISC + "account-purged"
