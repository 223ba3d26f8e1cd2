"""Event types: both sides know them by the same names."""

from shared.oidc.names import EventKind

__all__ = ["EventKind"]
