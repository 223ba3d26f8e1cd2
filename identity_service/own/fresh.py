"""Proving again who one is, before something is changed that a thief of an open browser would change."""

from fastapi import Request
from starlette.responses import Response

from identity_service.factors import fresh
from identity_service.own.frame import Me
from identity_service.web import see_other
from shared.oidc.names import Acr


class ProveAgain(Exception):
    """The last proof is too old or too weak for this; `address` is where to give another."""

    def __init__(self, address: str) -> None:
        self.address = address


async def prove_again(request: Request, error: Exception) -> Response:
    """The exception handler of `ProveAgain`."""
    assert isinstance(error, ProveAgain)
    return see_other(error.address)


async def require_fresh(me: Me, path: str, *, level: Acr = Acr.ONE) -> None:
    """Raises ProveAgain unless the person proved who they are within the last minutes, with a second factor
    where they have one or `level` wants one. They come back to `path`."""
    address = await fresh.where_to_prove(me.visit, me.session, back_to=path, level=level)
    if address is not None:
        raise ProveAgain(address)
