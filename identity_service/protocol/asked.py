"""An authorization request that was found to be in order."""

from dataclasses import dataclass

from identity_service.grants.models import PendingRequest
from identity_service.protocol.code import CodeGrant
from identity_service.protocol.request import ProtocolRequest
from identity_service.protocol.server import Server
from identity_service.visit import Visit


@dataclass(slots=True)
class Asked:
    """A validated request on its way."""

    visit: Visit
    server: Server
    request: ProtocolRequest
    grant: CodeGrant
    redirect_uri: str
    realm: str
    pending: PendingRequest | None
    pushed_hash: str | None = None

    @property
    def prompts(self) -> frozenset[str]:
        return frozenset(self.request.form.get("prompt", "").split())

    @property
    def scopes(self) -> frozenset[str]:
        """What the client would get, as far as it may have it; claims asked for one by one count as the
        scope they belong to."""
        return frozenset(self.request.scope.split()) | self.grant.wanted_claims.scopes
