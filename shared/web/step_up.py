"""Asking for a better or later proof than a token stands for (RFC 9470).

    require_proof(claims, now=caller.now, level=Acr.TWO, max_age=600)

The answer is 401 with `insufficient_user_authentication`; the client signs its person in again with the
`acr_values` and `max_age` that stand in it, and comes back with a new token.
"""

from datetime import datetime
from typing import Any

from shared.kernel.errors import MoreProofNeeded
from shared.oidc.claims import Claims
from shared.oidc.names import Acr


def require_proof(
    claims: Claims, *, now: datetime, level: Acr | None = None, max_age: int | None = None
) -> None:
    """Raises MoreProofNeeded unless the person reached `level`, at most `max_age` seconds ago.

    A level that is not known counts as none, and so does a time of which the token says nothing.
    """
    reaches = level is None or _strength(claims.acr) >= level.strength
    is_recent = max_age is None or (
        claims.auth_time is not None and now.timestamp() - claims.auth_time <= max_age
    )
    if not (reaches and is_recent):
        wanted: dict[str, Any] = {}
        if level is not None:
            wanted["acr_values"] = level.value
        if max_age is not None:
            wanted["max_age"] = max_age
        raise MoreProofNeeded(data=wanted)


def _strength(acr: str | None) -> int:
    return Acr(acr).strength if acr in set(Acr) else -1
