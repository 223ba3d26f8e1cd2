"""Providers as their metadata describe them: those of the settings, or those at an address, kept for ten
minutes, so that a certificate which is added there is known here."""

from identity_service.outgoing import CannotCall
from identity_service.upstreams.errors import BadUpstream, UpstreamSilent
from identity_service.upstreams.provider import Provider
from identity_service.upstreams.saml.described import BadMetadata, Described
from identity_service.upstreams.saml.equipment import missing, require
from identity_service.upstreams.schemas import LARGEST_METADATA, SamlSettings
from identity_service.visit import Caller


async def of(caller: Caller, asked: Provider) -> Described:
    """Raises UpstreamSilent."""
    require()
    try:
        if asked.terms.metadata is not None:
            described = await _read(caller, asked.terms.metadata, asked.issuer)
        else:
            described = await _fetched(caller, asked.terms.metadata_url or "", asked.issuer)
    except BadMetadata as refusal:
        raise UpstreamSilent(f"its metadata {refusal}") from None
    if described.valid_until is not None and described.valid_until <= caller.now:
        raise UpstreamSilent("its metadata are not valid any more")
    return described


async def check(caller: Caller, settings: SamlSettings) -> None:
    """Whether these settings can work here. Metadata at an address are read when somebody signs in. Raises
    BadUpstream."""
    lack = missing()
    if lack:
        raise BadUpstream(lack)
    if settings.metadata is None:
        return
    try:
        await _read(caller, settings.metadata, settings.issuer)
    except BadMetadata as refusal:
        raise BadUpstream(f"The metadata {refusal}.") from None


async def fresh(caller: Caller, asked: Provider) -> Described:
    """As they stand there at this moment, past what is kept. Raises NotEquipped, BadMetadata, CannotCall."""
    require()
    if asked.terms.metadata is not None:
        return await _read(caller, asked.terms.metadata, asked.issuer)
    return await _get(caller, asked.terms.metadata_url or "", asked.issuer)


async def _fetched(caller: Caller, address: str, issuer: str) -> Described:
    return await caller.services.saml.kept.of(f"{address} {issuer}", lambda: _get(caller, address, issuer))


async def _get(caller: Caller, address: str, issuer: str) -> Described:
    heard = await caller.services.outgoing.get(address, largest=LARGEST_METADATA)
    if heard.status != 200:
        raise CannotCall(f"status {heard.status}")
    try:
        return await _read(caller, heard.body.decode("utf-8-sig"), issuer)
    except (BadMetadata, UnicodeDecodeError) as refusal:
        raise CannotCall(f"its metadata {refusal}") from None


async def _read(caller: Caller, text: str, issuer: str) -> Described:
    return await caller.services.saml.run(lambda machine: machine.described(text, issuer))
