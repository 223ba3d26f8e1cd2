"""How surely a client wants the person to be known: `acr_values`, the claim `acr`, and what the client is
registered with (OpenID Connect Core sections 3.1.2.1 and 5.5.1.1, RFC 9470).

A level that is asked for voluntarily is reached when the person can. An essential one, and the client's
`default_acr_values` where the request says nothing, have to be reached: who has no second factor sets one up.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from identity_service.clients.models import Client
from identity_service.grants.models import PendingRequest
from identity_service.protocol.errors import UnmetAuthenticationRequirements
from identity_service.protocol.turn import Turn
from identity_service.visit import Caller
from shared.oidc.names import Acr


@dataclass(frozen=True, slots=True)
class Demand:
    """`needed` has to be reached; `wished` if the person can."""

    needed: Acr = Acr.ONE
    wished: Acr = Acr.ONE

    def is_met(self, reached: Acr, *, can_more: bool) -> bool:
        """Whether a session of this level will do for somebody who could give a second factor, or not."""
        wanted = max(self.needed, self.wished, key=_strength) if can_more else self.needed
        return reached.strength >= wanted.strength


NOTHING: Final = Demand()
"""Whoever is signed in will do."""


def demand(parameters: Mapping[str, str], client: Client) -> Demand:
    """What a request asks for. Raises UnmetAuthenticationRequirements for an essential level that is none of
    ours."""
    values, is_essential = _claimed(parameters.get("claims"))
    if values and is_essential:
        return Demand(needed=_weakest(values))
    wished = (parameters.get("acr_values") or "").split() or values
    if wished:
        return Demand(wished=next(iter(_known(wished)), Acr.ONE))
    known = _known(client.default_acr_values)
    return Demand(needed=min(known, key=_strength)) if known else Demand()


async def demand_of(caller: Caller, pending: PendingRequest | None) -> Demand:
    """What a request that waits asks for."""
    if pending is None:
        return Demand()
    parameters = {name: values[0] for name, values in pending.parameters.items() if values}
    client = await Turn(caller).client(parameters.get("client_id", ""))
    if client is None:
        return Demand()
    try:
        return demand(parameters, client)
    except UnmetAuthenticationRequirements:
        return Demand()


def _claimed(text: str | None) -> tuple[list[str], bool]:
    """The claim `acr` asked for in the id_token, and whether it is essential."""
    try:
        member = (json.loads(text or "{}").get("id_token") or {}).get("acr")
    except (ValueError, AttributeError, RecursionError):
        return [], False
    if not isinstance(member, dict):
        return [], False
    given = member.get("values")
    values = [*given] if isinstance(given, list) else [member.get("value")]
    return [value for value in values if isinstance(value, str)], member.get("essential") is True


def _known(values: Iterable[str]) -> list[Acr]:
    return [Acr(value) for value in values if value in set(Acr)]


def _weakest(values: Iterable[str]) -> Acr:
    known = _known(values)
    if not known:
        raise UnmetAuthenticationRequirements("None of these levels is known here")
    return min(known, key=_strength)


def _strength(level: Acr) -> int:
    return level.strength
