"""Whether a person has to agree before a client gets a code."""

from urllib.parse import urlsplit

from identity_service.clients.models import Client
from identity_service.consents import service as consents
from identity_service.protocol.asked import Asked
from identity_service.protocol.client import LOOPBACK
from identity_service.protocol.standing import SignedIn


async def is_missing(asked: Asked, signed_in: SignedIn) -> bool:
    """Third parties need consent, and so do public clients, for which another program may pass; everybody
    does with `prompt=consent`. Once given it is remembered where that is safe."""
    client = asked.client.row
    if _was_given_now(asked, signed_in):
        return False
    if "consent" in asked.prompts:
        return True
    if is_never_needed(client):
        return False
    if not _may_be_remembered(client, asked.redirect_uri):
        return True
    async with asked.turn.visiting() as visit:
        return not await consents.covers(
            visit, signed_in.person.id, client.id, audiences=asked.audiences, scopes=asked.scopes
        )


def is_never_needed(client: Client) -> bool:
    """Unless it is asked for: the company's own programs that can prove who they are."""
    return client.is_first_party and not client.is_public


async def remember(asked: Asked, signed_in: SignedIn) -> None:
    """Tell what the person agreed to just now, and keep it if it may be kept."""
    if not _was_given_now(asked, signed_in):
        return
    client = asked.client.row
    async with asked.turn.visiting() as visit:
        await consents.give(
            visit,
            signed_in.person.id,
            client.id,
            audiences=asked.audiences,
            scopes=asked.scopes,
            is_kept=_may_be_remembered(client, asked.redirect_uri),
        )


def _was_given_now(asked: Asked, signed_in: SignedIn) -> bool:
    return asked.pending is not None and asked.pending.consented_session_id == signed_in.sid


def _may_be_remembered(client: Client, redirect_uri: str) -> bool:
    """RFC 8252 section 8.6: an address on the loopback or with a private scheme may be answered by any
    program on the device, which would then get a code in silence. A claimed https address may not."""
    parts = urlsplit(redirect_uri)
    return not client.is_public or (parts.scheme == "https" and parts.hostname not in LOOPBACK)
