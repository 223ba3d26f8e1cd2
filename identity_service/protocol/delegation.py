"""Who acts for whom, through whom (RFC 8693 sections 4.1 and 4.4)."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from identity_service.protocol.client import ProtocolClient
from shared.oidc.errors import InvalidToken

LONGEST_CHAIN: Final = 4
"""Actors in one token at most: beyond that nobody could say any more who did something."""


def acting(client_id: str, before: Mapping[str, Any] | None) -> dict[str, Any]:
    """The claim `act`: the client now, with those within it through whom it got the token."""
    return {"sub": client_id, **({"act": dict(before)} if before else {})}


def chain(act: object) -> list[str]:
    """The actors of a token, the present one first. Raises InvalidToken for what is no chain."""
    return list(_actors(act))


def _actors(act: object) -> Iterator[str]:
    depth = 0
    while act is not None:
        depth += 1
        if not isinstance(act, Mapping) or not isinstance(act.get("sub"), str) or depth > LONGEST_CHAIN:
            raise InvalidToken("act")
        yield str(act["sub"])
        act = act.get("act")


def require_that_it_may_act(client: ProtocolClient, payload: Mapping[str, Any]) -> None:
    """Whether this client may act for the subject of a token, in its turn where somebody acts already.

    A token that was delegated is taken further only by a client that lists its present actor, so that each
    step of a chain was allowed by somebody. Raises InvalidToken.
    """
    actors = chain(payload.get("act"))
    if actors and actors[0] not in client.row.exchange_actors:
        raise InvalidToken("exchanged already")
    if client.client_id in actors or len(actors) >= LONGEST_CHAIN:
        raise InvalidToken("the chain of actors is too long")
    may_act = payload.get("may_act")
    if may_act is not None and (not isinstance(may_act, Mapping) or may_act.get("sub") != client.client_id):
        raise InvalidToken("another party may act")
