"""Us, as a provider knows us."""

from dataclasses import dataclass, field

from identity_service.sealing import CannotUnseal
from identity_service.upstreams.errors import UpstreamSilent
from identity_service.upstreams.provider import SECRET_PURPOSE, Provider
from identity_service.visit import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """To each provider we are an entity of our own, whose id is where our metadata for it stand. `pair` is
    our key and certificate there."""

    entity_id: str
    answer_url: str
    pair: str = field(repr=False)
    signs_requests: bool
    wants_persistent: bool


def of(caller: Caller, asked: Provider) -> Party:
    """Raises UpstreamSilent when our key was sealed with another secret of the service."""
    public_url = caller.settings.identity_public_url
    try:
        pair = caller.services.sealer.unseal(asked.sealed_secret or b"", purpose=SECRET_PURPOSE).decode()
    except CannotUnseal:
        raise UpstreamSilent("our key cannot be unsealed: remove the provider and apply it anew") from None
    return Party(
        entity_id=asked.address(public_url, "metadata"),
        answer_url=asked.address(public_url, "acs"),
        pair=pair,
        signs_requests=asked.terms.signs_requests,
        wants_persistent=asked.terms.subject_attribute is None,
    )
