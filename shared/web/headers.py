"""Headers of a request as the server read them, names in lower case.

Starlette's own way to them makes several objects and, where there is none, an exception.
"""

from starlette.types import Scope


def header(scope: Scope, name: bytes) -> str | None:
    """The first header of this name."""
    for known, value in scope["headers"]:
        if known == name:
            return str(value, "latin-1")
    return None


def headers(scope: Scope, name: bytes) -> tuple[str, ...]:
    """All headers of this name."""
    return tuple(str(value, "latin-1") for known, value in scope["headers"] if known == name)
