"""Proving again who one is, before something is changed that a thief of an open browser would change."""

from datetime import timedelta
from typing import Final

from fastapi import Request
from starlette.responses import Response

from identity_service.own.frame import Me
from identity_service.web import see_other

FRESH_FOR: Final = timedelta(minutes=10)


class ProveAgain(Exception):
    """The last proof is too old for this; `path` is where to go on afterwards."""

    def __init__(self, path: str) -> None:
        self.path = path


async def prove_again(request: Request, error: Exception) -> Response:
    """The exception handler of `ProveAgain`."""
    assert isinstance(error, ProveAgain)
    return see_other(f"/account/confirm?then={error.path}")


def require_fresh(me: Me, path: str) -> None:
    """Raises ProveAgain unless the person proved who they are within the last minutes."""
    if me.session.auth_time < me.visit.now - FRESH_FOR:
        raise ProveAgain(path)
