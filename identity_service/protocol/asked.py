"""An authorization request that was found to be in order."""

from dataclasses import dataclass

from identity_service.grants.models import PendingRequest
from identity_service.protocol.claims import Wanted
from identity_service.protocol.client import ProtocolClient
from identity_service.protocol.request import Parameters
from identity_service.protocol.turn import Turn


@dataclass(slots=True, kw_only=True)
class Asked:
    """A validated request on its way.

    `scope` is what the client may have of what it asks for, `audiences` are those asked for, else the
    client's default. `pushed_hash` names the pushed request it came from, `pending` where it was put aside
    meanwhile.
    """

    turn: Turn
    client: ProtocolClient
    parameters: Parameters
    form: dict[str, str]
    redirect_uri: str
    realm: str
    scope: str
    audiences: list[str]
    wanted_claims: Wanted
    pending: PendingRequest | None = None
    pushed_hash: str | None = None

    @property
    def prompts(self) -> frozenset[str]:
        return frozenset(self.form.get("prompt", "").split())

    @property
    def scopes(self) -> frozenset[str]:
        """What the client would get, as far as it may have it; claims asked for one by one count as the
        scope they belong to."""
        return frozenset(self.scope.split()) | self.wanted_claims.scopes
